"""Function words of twenty-two languages: what stands between key phrases, and never is one.

Articles, pronouns, prepositions, conjunctions, auxiliaries and the commonest adverbs, and for English the commonest
verbs, written for this purpose. All are lower case; elided forms (l', d') are cut off by the tokenizer before.
"""

from __future__ import annotations

from dfai_engine.language.wordlists import words

__all__ = ["STOP_WORDS"]

_LISTS = {
    "en": """
        a about above after again against ago all almost along already also although always am among an and
        another any anybody anyone anything are aren't around as at away back be became because become been
        before behind being below best better between both but by came can can't cannot come comes could
        couldn't despite did didn't do does doesn't doing don't done down during each either else enough even
        ever every everyone everything except far few for from gave get gets getting give given gives go goes
        going gone got had hadn't has hasn't have haven't having he her here hers herself him himself his how
        however i i'd i'll i'm i've if in indeed inside instead into is isn't it it's its itself just keep keeps
        kept knew know known last least less let let's like made make makes many may maybe me might mine more
        most much must my myself near need needs neither never next no nobody none nor not nothing now of off
        often on once one only onto or other others otherwise ought our ours ourselves out over own per perhaps
        please put quite rather really said same saw say says see seem seemed seems seen several shall she she's
        should shouldn't since so some someone something sometimes soon still such take taken takes tell than
        that that's the their theirs them themselves then there there's these they they're think this those
        though through throughout thus to together too took toward towards under unless until up upon us use
        used uses using very via want wanted wants was wasn't way we we're we've well went were weren't what
        whatever when where whether which while who whole whom whose why will with within without won't would
        wouldn't yet you you're your yours yourself today tomorrow yesterday able works worked work found find
        love loved loves hate hated hates liked likes enjoyed enjoy recommend thought felt feel feels looks
        looked look asked told visited bought buy stayed arrived ordered waited left sent moved opened closed
        started stopped helped tried ran broke died announced launched released founded created designed called
        based located nice answer answered answers approve approved arrive arrives ask asks begin began begins
        believe believes blame break breaks bring brings brought build builds built buys carry carries carried
        catch caught cause caused causes charge charged choose chose claim claims claimed confirm confirms
        confirmed connect connects consider contain contains cost costs cover covers create creates cut deliver
        delivers discover eat ate eats explain explains expect expected expects fall falls fell fail failed
        fails fear fears fill fixed fixes flies flew forget forgot forgets grow grew grows happen happened
        happens hear heard hold held holds include includes including join joined joins kill killed learn
        learned learns leave leaves lives lived lose loses lost meet meets met miss missed offer offers
        overheats paid pay pays play played plays prefer prefers produce produces protect reach reached reads
        receive received refuse refused reject rejected remember remembers remove reported rise rises rose save
        saved sell sells sold send sends serve served serves sing sings sit sits sat speak speaks spoke spend
        spent stand stands stood start starts stop stops suggest suggests teach teaches taught test tested
        threaten threatens threw throw travel travels travelled try tries turned understand understood wait
        waits walk walked walks win won wins wish wore write writes wrote overheat
    """,
    "fr": """
        a afin ai ainsi alors après as assez au aucun aucune aujourd'hui auquel aussi autour autre autres aux
        avaient avais avait avant avec avez avoir avons ayant bien bon c car ce ceci cela celle celles celui
        cependant ces cet cette ceux chaque chez comme comment d dans de depuis derrière des desquels dessous
        dessus deux devant doit doivent donc dont du durant elle elles en encore entre envers es est et étaient
        étais était étant été être eu eux fait faire fois font furent fut grâce hors ici il ils j jamais je
        jusque l la laquelle le lequel les lesquels leur leurs lors lorsque lui là m ma mais malgré me mes mien
        moi moins mon même n ne ni nos notre nous on ont ou où par parce parfois parmi pas pendant peu peut
        peuvent plus plusieurs plutôt pour pourquoi pouvait presque près puis puisque qu quand que quel quelle
        quelles quelque quelques quels qui quoi s sa sans sauf se selon sera seront ses si sien soit son sont
        sous souvent suis sur t ta tandis tant te tel telle tes toi ton toujours tous tout toute toutes trop
        très tu un une va vais vers voici voilà vont vos votre vous y à ça
    """,
    "de": """
        aber alle allem allen aller alles als also am an ander andere anderen anderer anderes auch auf aus bei
        beim bin bis bist da dabei dadurch dafür damit danach dann daran darauf daraus darin das dass dazu dein
        deine dem den denn der des dessen dich die dies diese diesem diesen dieser dieses dir doch dort du durch
        ein eine einem einen einer eines einige einmal er es etwas euch euer eure für ganz gar gegen gewesen
        gibt hab habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im
        immer in indem ins ist ja jede jedem jeden jeder jedes jetzt kann kannst kein keine keinem keinen keiner
        können könnte machen man manche mehr mein meine meinem meinen meiner mich mir mit muss musste müssen
        nach nachdem nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit
        selbst sich sie sind so solche soll sollte sondern sonst sowie über um und uns unser unsere unter viel
        viele vom von vor wann war waren warum was weder weil welche welcher wenn wer werde werden wie wieder
        will wir wird wo wollen wollte wurde wurden während würde zu zum zur zwar zwischen
    """,
    "es": """
        a al algo algunas alguno algunos allí ante antes aquel aquella aquellos aquí así aun aunque bajo
        bastante bien cada casi como con contra cual cuales cuando cuanto cuya cuyo de debe deben del desde
        donde dos durante e el ella ellas ellos en encima entonces entre era eran eres es esa esas ese eso esos
        esta estaba estaban estado estamos estar estas este esto estos está están fue fueron ha haber había hace
        hacer hacia han has hasta hay he hemos hizo incluso ir junto la las le les lo los luego me mediante
        menos mi mientras mis misma mismo mucha muchas mucho muchos muy más mí nada ni ningún ninguna no nos
        nosotras nosotros nuestra nuestras nuestro nuestros nunca o os otra otras otro otros para pero poca poco
        pocos por porque pues puede pueden que quien quienes qué se sea según ser si sido siempre sin sino sobre
        solo son su sus suya suyo sí también tampoco tan tanto te tener tenía ti tiene tienen toda todas todavía
        todo todos tras tu tus tú un una unas uno unos usted ustedes va van varios vosotros y ya yo él
    """,
    "it": """
        a abbiamo ad agli ai al alcuni all alla alle allo allora altra altre altri altro anche ancora avere
        aveva avevano bene c che chi ci ciascuno ciò co coi col come con contro cosa così cui d da dagli dai dal
        dall dalla dalle dallo davanti degli dei del dell della delle dello dentro di dopo dove dunque e ed egli
        ella era erano essere essi est fa fanno fare fino fra fu furono già gli ha hai hanno ho i il in infatti
        invece io l la le lei li lo loro lui ma mai me meno mentre mi mia mie miei mio molta molte molti molto
        ne negli nei nel nell nella nelle nello nessuno no noi non nostra nostro o od ogni oltre ora per perché
        però più poco poi prima proprio può qua quale quali qualche quando quanto quasi quella quelle quelli
        quello questa queste questi questo qui quindi s se sei sempre senza si sia siamo sono sopra sotto sta
        stata state stati stato su sua sue sugli sui sul sull sulla sulle sullo suo suoi tale tanto te ti tra
        troppo tu tua tuo tutta tutte tutti tutto un una uno va verso vi voi vostra vostro è
    """,
    "pt": """
        a acima agora ainda algo alguma algumas alguns algum ali ante antes ao aos apenas após aquela aquelas
        aquele aqueles aqui as assim até bem cada com como contra cujo da das de dela delas dele deles depois
        desde dessa desse desta deste disso do dois dos durante e ela elas ele eles em embora enquanto entre era
        eram essa essas esse esses esta estamos estar estas estava estavam este estes estou está estão eu faz
        fazer foi foram há isso isto já la lhe lhes lo logo mais mas me mediante menos mesma mesmo meu meus
        minha minhas muita muitas muito muitos na nada nas nem nenhum nenhuma nessa nesse nesta neste no nos
        nossa nossas nosso nossos nunca não nós o onde os ou outra outras outro outros para pela pelas pelo
        pelos pois por porque porém pouca pouco pode podem qual quais quando quanto quase que quem se seja sem
        sempre ser será seu seus si sido sobre sua suas são só também tampouco tanto te tem tenho ter teu tinha
        toda todas todo todos tua tudo tão têm um uma umas uns vai vos você vocês à às é
    """,
    "nl": """
        aan achter af al alle alleen alles als altijd ander andere anders ben bent bij binnen boven buiten daar
        daarna dan dat de der deze die dit doch doen door dus een eens eerst elk elke en enige er erg ergens
        even ga gaan geen geweest haar had hadden heb hebben heeft heel hem hen het hier hij hoe hun iemand iets
        ik in is ja je jij jou jouw jullie kan kon kunnen langs later maar me meer meest men met mij mijn
        misschien moet moeten mocht na naar naast net niemand niet niets nog nooit nu of om omdat onder ons onze
        ook op over reeds sinds soms steeds te tegen ten ter terug tijdens toch toen tot tussen u uit uw vaak
        van vanaf veel vele verder via vol volgens voor vooral waar waarom wanneer want waren was wat we weer
        weg wel welk welke werd werden wie wij wil worden wordt zal ze zeer zelf zich zij zijn zo zoals zonder
        zou zouden zullen
    """,
    "sv": """
        aldrig alla allt alltid andra annan annat att av bakom bara blev bli blir både den denna deras dess
        dessa det detta dig din dina ditt du där då efter eller en er era ett fick från få får för före genom
        han hans har hade hela hem henne hennes hon honom hos hur här i icke in ingen inget ingenting inom inte
        ja jag ju kan kom kunde man med medan mellan men mer mera mig min mina mitt mot mycket många ned nej ni
        nu någon något några när och också om oss på redan samma samt sedan sig sin sina sitt ska skall skulle
        som så sådan till trots under upp ut utan vad var vara varför varit varje vars vem vi vid vilka vilken
        vill åt än är över
    """,
    "da": """
        ad af aldrig alle alt altid anden andet andre at bag begge blev blive bliver både da de dem den denne
        der deres det dette dig din dine dit du efter eller en end er et fik for fordi forbi fra få får gennem
        gjorde god gøre ham han hans har havde have hele hende hendes her hos hun hvad hvem hver hvis hvor
        hvordan hvornår i igen ikke imellem imod ind inden ingen intet ja jeg jer jeres jo kan kom kun kunne
        lige man mange med meget mellem men mens mere mig min mine mit mod må ned nej nogen noget nogle nok nu
        når og også om op os over på samme sammen selv sig sin sine sit skal skulle som stadig så sådan til ud
        uden under var ved vi vil ville vor vores være været
    """,
    "no": """
        alle alltid andre annen at av bak bare begge ble bli blir både da de deg dem den denne der deres det
        dette din dine ditt du eller en enn er et etter fikk for fordi foran fra få får før gjennom gjør ham han
        hans har hadde hele henne hennes her hos hun hva hvem hver hvis hvor hvordan hvorfor i igjen ikke imot
        inn ingen ingenting innen ja jeg jo kan kom kun kunne man mange med meg meget mellom men mens mer mest
        min mine mitt mot mye må ned nei noe noen nok nå når og også om opp oss over på samme seg selv siden sin
        sine sitt skal skulle slik som så til under ut uten var ved vi vil ville vår våre være vært
    """,
    "fi": """
        ehkä ei eivät eli en enää ennen entä että he hei heidän heille heitä hyvin hän hänelle hänen häntä ilman
        itse ja jo joiden johon joka joko jokainen joku jolla jolle jonka jos joskus jota jotka jotta kaikki
        kanssa kautta keitä ken kenen kerran kohti koko koska koskaan kuin kuinka kuitenkin kun kuten kyllä
        käyttää lähes lisäksi luona lukien me meidän meille mihin miksi mikä mikään millainen milloin minkä
        minulla minulle minun minut minä missä mistä mitä mitään molemmat monet monta moni muita mukaan mutta
        muu muut myös ne niiden niin niitä noin nuo nyt näin nämä ole olemme olen olet oli olisi olit olivat
        olla olleet ollut on oma on ovat paitsi pitkin poikki samoin se sekä sen siellä siinä siis siitä sitten
        sillä silti sinun sinä suoraan sitä tai takana te teidän tuo tulee tuon tähän tällä tämä tämän tänne
        tässä tästä tätä vaan vaikka vain varten vasta vielä vuoksi yhä yli ympäri
    """,
    "pl": """
        a aby albo ale ani aż bardzo bez bo bowiem by był była było były być będzie będą ci co coś czy czyli
        często dla do dlaczego dlatego gdy gdyby gdzie go i ich ile im inna inne inny innych ja jak jako jakie
        jaki je jeden jedna jednak jedno jego jej jemu jest jestem jeszcze jeśli jeżeli już każda każde każdy
        kiedy kto która które którego której który których którym którzy lecz lub ma mają mam mi między mimo mną
        mnie moja moje może można mój mu musi my na nad nam nas nasz nasza nasze nawet nic nich nie niech nigdy
        nim niż no o obok od ok on ona one oni ono oraz pan pani po pod podczas pomimo ponieważ potem poza
        prawie przed przede przez przy raz są się sam sama sobie swoje swój ta tak taka takie taki także tam te
        tego tej ten też to tobą tu tutaj twoja twoje twój ty tych tylko tym u w we wiele więc wszystko
        wszystkie wszystkich wśród wy z za zawsze ze znowu żadna żaden że żeby
    """,
    "cs": """
        a aby ale ani ano asi až bez bude budou by byl byla byli bylo byly být co což či další dnes do ho i jak
        jako je jeho jej její jejich jen jenž jeste ještě ji jinak jiné již jsem jsi jsme jsou jste k kam každý
        kde kdo kdy když ke která které kterou který kteří ku ma má mají mám me mezi mi mít mně mnou moc mohou
        moje moji možná můj může my na nad nám námi nás náš naše ne nebo nebyl nechť něco nejsou některé není
        než nic nich nové nový o od ode on ona oni ono pak po pod podle pokud pouze potom právě pro proč proti
        proto protože před přede přes při s se si sice své svůj svých svým ta tak také takže tam tato te tedy
        ten tento těch této tím to toho tohle tom tomto tomu totiž tu tuto tvůj ty tyto u už v vám vás váš vaše
        ve vedle velmi více však všechno všechny vy z za zda zde ze že
    """,
    "ro": """
        a acea aceasta această aceea acei aceia acel acela acele acest acesta aceste acestea acestor acestui
        acolo acum ai aici al ale alt alta alte altul am ar are asupra astfel așa atât au avea avem aveți azi că
        câ când cât câte către ce cea cei cel cele celor ci cine cu cui cum cărui da dacă dar datorită de deci
        deja deși despre din dintre doar după ea ei el ele era erau este eu fac face fără fi fie fiecare fiind
        fost foarte iar ii îi îl îmi în înainte între într îți la le li lor lui mai mă mea mei mele mereu meu mi
        mie mult multă multe mulți ne nici nimic niște noastră noastre noi nostru noștri nu ori orice pe pentru
        peste poate până prea prin s sa sale sau său se si spre sub sunt suntem te ți tot toată toate toți tu un
        una unde unei unele unii unor unui va vă voi vor vouă vostru și ăsta
    """,
    "hu": """
        a abban addig ahogy ahol aki akik akkor alatt amely amelyek amelyet ami amikor amit amíg annak arra
        arról át az azért azok azon azonban azt aztán azzal bár be belül benne ebben egy egyéb egyik egyre el
        elég ellen előtt először elő emilyen én ennek és ez ezek ezen ezért ezt ezzel fel felé hanem hát hogy
        hogyan ide igen így ill illetve ilyen is ismét itt jó jól kell kellett keresztül ki kívül között közül
        le legalább legyen lehet lehetett lenne lesz lett ma majd már más meg mellett mert mely melyek mi mién
        miért mikor milyen minden mindig mint mintha mivel most nagy nagyon ne néha neki nekem nem néhány nélkül
        nincs ő ők olyan ott össze pedig persze rá s saját sem semmi sok sokat sokkal számára szemben szerint
        szinte talán tehát teljes tovább továbbá több ugyanis új újra után utána vagy vagyis valaki valami való
        vagyok van vannak vele vissza viszont volna volt voltak
    """,
    "tr": """
        acaba ama ancak arada aslında ayrıca bana bazen bazı belki ben benden beni benim bile bir biraz birçok
        biri birkaç biz bize bizi bizim bu buna bunda bundan bunlar bunları bunu bunun burada böyle böylece çok
        çünkü da daha dahi de defa değil diye diğer dolayı eden eğer en fakat gibi göre hangi hatta hem henüz
        hep hepsi her herhangi herkes hiç için ile ise işte kadar karşın kendi kez ki kim kimi kimse mi mu mü
        nasıl ne neden nedenle nerede niçin niye o olan olarak oldu olduğu olduğunu olması olsa olur on ona
        ondan onlar onların onu onun orada oysa pek rağmen sadece sanki sen seni senin siz sizin sonra şey şeyi
        şimdi şu şuna şunu tarafından tüm üzere üzerinde var vardı ve veya ya yani yapılan yapmak yine yok yoksa
        yüzden zaten
    """,
    "ru": """
        а без более больше будет будто бы был была были было быть в вам вас весь во вот впрочем все всегда всего
        всех вы где да даже для до другой его ее ей ему если есть еще же за здесь и из или им иногда их к как
        какая какой когда конечно кто куда ли лучше между меня мне много может можно мой моя мы на над надо
        наконец нас не него нее ней нет ни нибудь никогда ним них ничего но ну о об один он она они оно опять от
        очень перед по под после потом потому почти при про раз разве с сам свой своя свою себе себя сейчас со
        совсем так такой там тебя тем теперь то тогда того тоже только том тот три тут ты у уж уже хорошо хоть
        чего чей чем через что чтобы чуть эта эти этих это этого этой этом этот эту я которая который которые
        которых наш наша ваш также является были
    """,
    "uk": """
        а або адже але багато без більш більше бо був була були було бути в вам вас весь вже ви від він вона
        вони воно все всі втім де для до дуже його ж за завжди зараз звідки з із і її їй їм їх й якщо коли краще
        крім куди лише між мене мені ми мій моя може можна на над навіть нам нас наш не неї немає ним них ніби
        ніколи нічого ну о об один от оце перед під після по поки потім при про раз саме свій себе собі та так
        такий також там твій те тебе теж ти тим тільки то тобі тоді того той тому треба тут у усе хіба хоч хто
        це цей ця цих цього цьому через чи чим що щоб я як яка який які яких якого
    """,
    "bg": """
        а ако ала без беше би бил била били било бъде в вас ваш ви вече все всеки всички всичко все във върху
        где да дали докато до е един една едно ето за защо защото зад и из или им има имат как каква какво както
        като кога когато което които кой който която към ли ме между мен ми много мога може моя му на над най
        нас не него нещо ни ние никой нито но някои няма обаче около от отново още пак по под поради после при
        пред през с са сам само се сега си след сме според сред срещу съм със също т тази така там те тези ти то
        това тогава този той тук тя у че чрез ще я
    """,
    "id": """
        ada adalah agar akan aku anda antara apa apakah atas atau bagaimana bagi bahkan bahwa banyak baru bawah
        beberapa belum berada bisa boleh bukan cukup dalam dan dapat dari daripada dengan di dia ia ini itu jadi
        jangan jika juga kalau kami kamu karena kata ke kepada kemudian kenapa ketika kita lagi lain lalu lebih
        maka mana masih melalui mereka merupakan meski mungkin namun nya oleh pada paling para pernah saat saja
        saling sampai sangat saya se sebab sebagai sebelum sebuah sedang sehingga sejak sekali sekarang selain
        selalu selama seluruh semua seorang seperti sering serta sesuatu setelah setiap siapa suatu sudah supaya
        tanpa tapi telah tentang terhadap terlalu tersebut tetapi tidak untuk walaupun yaitu yang
    """,
    "ca": """
        a així aixó això al algun alguna alguns als altra altre altres amb aquell aquella aquells aquest aquesta
        aquests aquí cada com contra d da de del dels des després dins doncs dos durant e el ella elles ells els
        em en encara ens entre era eren es esta està estan estat estava et fa feia fer fins fou ha han has havia
        hem hi ho i igual ja jo l la les li llavors lo los m ma malgrat mateix me menys mentre mes més meu meva
        mi molt molta molts mai n ni no nosaltres nostra nostre o on pel pels per perquè però poc pot poden
        potser qual quan quant que qui quin què s sa sense ser ses seu seus seva si sinó sobre sota són son
        també tan tant te teu teva tot tota totes tots tu un una unes uns va van vosaltres vostè
    """,
    "el": """
        αλλά αν ανάμεσα από αυτά αυτές αυτή αυτό αυτοί αυτός αυτού αυτών αφού για γιατί δε δεν δηλαδή εάν εγώ
        εδώ είμαι είναι είχε είχαν ένα έναν ένας εκεί εμείς εμένα ενώ επειδή επίσης εσείς εσύ έτσι έχει έχουν η
        ή ήδη ήταν θα και κάθε καθώς κάποια κάποιος κάτι κατά κι λίγο λοιπόν μα μας με μέσα μετά μέχρι μη μην
        μια μία μόνο μου μπορεί μπορούν να ναι ο οι όλα όλες όλη όλο όλοι όμως όπου όπως όσο όταν ότι ού ούτε
        πάντα παρά πάρα πιο ποιος πολύ πολλά πού πριν προς πως πώς σαν σας σε στα στη στην στις στο στον στους
        τα τη την της τι τις το τόσο τον του τους τότε των υπάρχει υπό χωρίς ως
    """,
}  # fmt: skip

STOP_WORDS: dict[str, frozenset[str]] = {language: words(listed) for language, listed in _LISTS.items()}
STOP_WORDS["nb"] = STOP_WORDS["nn"] = STOP_WORDS["no"]
