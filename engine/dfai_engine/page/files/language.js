// The Language services: a text, marked up with what was found in it.

import { outcome, Told } from "./ask.js";
import { bar, el, percent } from "./dom.js";
import { textInput } from "./inputs.js";

// The first version in which a language may be "auto".
const VERSION = "2024-11-01";
const API = { "api-version": VERSION };
const REVIEW = "The room was lovely and the staff were kind. Breakfast was cold, though, and the lift was slow. It is ten minutes from the station.";
const TEXTS = {
  "A hotel review": REVIEW,
  "A German note": "Der Service war ausgezeichnet, aber das Essen kam leider kalt an den Tisch.",
  "A letter": "My name is Maria Lindgren. Please send the refund to IBAN GB82 WEST 1234 5698 7654 32, or call me at +44 20 7946 0958. My address is maria.lindgren@example.com and my card number 4111 1111 1111 1111.",
  "A news item": "The city of Lisbon opened a tram line on Monday. It links the airport with the old harbour in nineteen minutes. Maria Santos, who drives the first tram of the day, said that the seats were full by seven. The line cost 84 million euros and took six years to build. Residents of the harbour quarter had asked for it since 1998. Two bus routes will end in March, because the tram runs the same way. The transport company expects 40,000 passengers a day.",
};

// Opinions are found by the parser that also finds entities.
const PARSER = "EntityRecognition";
const opinions = (can) => (can(PARSER) ? { opinionMining: true } : {});

const stage = (most) => (context) => textInput(context, { texts: TEXTS, most });

/** One document through one kind; its own error is an error of the whole. */
const analyze = (kind, parameters = () => ({})) => async ({ text, language }, ask, signal, can) => {
  const document = kind === "LanguageDetection" ? { id: "1", text } : { id: "1", text, language };
  const { body } = await ask({
    path: "/language/:analyze-text", query: API,
    json: { kind, parameters: { ...parameters(can), ...(kind === "LanguageDetection" ? {} : { stringIndexType: "Utf16CodeUnit" }) }, analysisInput: { documents: [document] } },
  });
  const [wrong] = body.results.errors;
  if (wrong) throw new Told(wrong.error.innererror?.message ?? wrong.error.message, { title: "Not accepted", body });
  return body.results.documents[0];
};

/** The text with marks: `parts` are {offset, length, make}, where `make` gives the node for what it covers. */
function marked(text, parts) {
  const nodes = [];
  let at = 0;
  for (const part of [...parts].sort((one, other) => one.offset - other.offset)) {
    if (part.offset < at) continue;
    nodes.push(text.slice(at, part.offset), part.make(text.slice(part.offset, part.offset + part.length)));
    at = part.offset + part.length;
  }
  return el("p", { className: "marked" }, ...nodes, text.slice(at));
}

const call = (verb, more = "") => (value) => [
  `df = pd.DataFrame({"text": [${JSON.stringify(value?.text ?? "Lovely room.")}]})`,
  `df.ai.${verb}("text"${more}, ${(value?.language ?? "auto") === "auto" ? `api_version="${VERSION}"` : `language="${value.language}"`})`,
];

function sentiment(document, { text }) {
  const opinions = [];
  const assessed = (pointer) => {
    const [, sentence, at] = /sentences\/(\d+)\/assessments\/(\d+)$/.exec(pointer) ?? [];
    return document.sentences[sentence]?.assessments[at];
  };
  const inside = document.sentences.flatMap((sentence) => (sentence.targets ?? []).map((target) => {
    const words = target.relations.map((relation) => assessed(relation.ref)).filter(Boolean);
    opinions.push({ target, words });
    return { ...target, make: (shown) => el("mark", { className: `target ${target.sentiment}` }, shown) };
  }));
  const sentences = document.sentences.map((sentence) => ({
    ...sentence,
    make: () => {
      const own = inside.filter((part) => part.offset >= sentence.offset && part.offset < sentence.offset + sentence.length)
        .map((part) => ({ ...part, offset: part.offset - sentence.offset }));
      const scores = sentence.confidenceScores;
      const shown = marked(text.slice(sentence.offset, sentence.offset + sentence.length), own);
      return el("span", { className: `sentence ${sentence.sentiment}` }, ...shown.childNodes,
        el("small", { className: "tag" }, `${sentence.sentiment} ${percent(scores[sentence.sentiment] ?? 0)}`));
    },
  }));
  const scores = document.confidenceScores;
  return el("div", {},
    el("p", { className: `verdict ${document.sentiment}` }, document.sentiment),
    el("div", { className: "bars" }, ["positive", "neutral", "negative"].map((name) => bar(name, scores[name], name))),
    marked(text, sentences),
    opinions.length ? el("h2", {}, "What is judged") : null,
    opinions.length ? el("ul", { className: "facts" }, opinions.map(({ target, words }) => el("li", {},
      el("span", { className: `dot ${target.sentiment}`, ariaHidden: "true" }), el("strong", {}, target.text), " is ",
      words.map((word) => `${word.isNegated ? "not " : ""}${word.text}`).join(", ") || target.sentiment,
      el("span", { className: "dim" }, ` ${target.sentiment}`)))) : null);
}

const COLOURS = 6;
const CATEGORIES = new Map();
const colour = (category) => {
  if (!CATEGORIES.has(category)) CATEGORIES.set(category, CATEGORIES.size % COLOURS);
  return `kind-${CATEGORIES.get(category)}`;
};
const named = (entity) => (entity.subcategory ? `${entity.category}, ${entity.subcategory}` : entity.category);

function entities(document, { text }) {
  if (!document.entities.length) return el("p", { className: "none" }, "No entity is named in this text.");
  return el("div", {},
    marked(text, document.entities.map((entity) => ({
      ...entity, make: (shown) => el("mark", { className: `entity ${colour(entity.category)}` }, shown, el("small", { className: "tag" }, entity.category)),
    }))),
    table(document.entities));
}

const table = (found) => el("div", { className: "scroll" }, el("table", {}, el("thead", {}, el("tr", {}, ["Text", "Category", "Confidence"].map((name) => el("th", { scope: "col" }, name)))),
  el("tbody", {}, found.map((entity) => el("tr", {}, el("td", {}, entity.text), el("td", {}, named(entity)), el("td", {}, percent(entity.confidenceScore)))))));

function personal(document) {
  const text = document.redactedText;
  return el("div", {},
    marked(text, document.entities.map((entity) => ({
      ...entity, make: () => el("mark", { className: "redacted" }, entity.category),
    }))),
    document.entities.length ? table(document.entities) : el("p", { className: "none" }, "Nothing personal was found. Look for yourself before you rely on it."));
}

async function summary({ text, language }, ask, signal) {
  const begun = await ask({
    path: "/language/analyze-text/jobs", query: API,
    json: {
      analysisInput: { documents: [{ id: "1", text, language }] },
      tasks: [{ kind: "ExtractiveSummarization", parameters: { sentenceCount: 2, sortBy: "Offset", stringIndexType: "Utf16CodeUnit" } }],
    },
  });
  const id = new URL(begun.headers.get("operation-location")).pathname.split("/").at(-1);
  const { body } = await outcome(ask, `/language/analyze-text/jobs/${id}`, API, signal);
  const results = body.tasks.items[0]?.results;
  const wrong = results?.errors[0]?.error ?? body.errors?.[0];
  if (!results || wrong) throw new Told(wrong?.innererror?.message ?? wrong?.message ?? "The job failed.", { title: "Not accepted", body });
  return results.documents[0];
}

export const LANGUAGE = [
  {
    id: "sentiment", family: "Language", name: "Sentiment", needs: ["SentimentAnalysis"],
    lead: "Positive, negative or both: for the text, each sentence, and each thing that is judged.",
    input: stage(), ask: analyze("SentimentAnalysis", opinions), show: sentiment,
    python: (value, can) => call("sentiment", `, include=["sentences"${can(PARSER) ? ', "opinions"' : ""}]`)(value),
  },
  {
    id: "key_phrases", family: "Language", name: "Key phrases", needs: ["KeyPhraseExtraction"],
    lead: "What a text is about, in its own words.",
    input: stage(), ask: analyze("KeyPhraseExtraction"), python: call("key_phrases"),
    show: (document) => (document.keyPhrases.length
      ? el("ul", { className: "chips" }, document.keyPhrases.map((phrase) => el("li", {}, phrase)))
      : el("p", { className: "none" }, "There are no key phrases in this text.")),
  },
  {
    id: "detect_language", family: "Language", name: "Language", needs: ["LanguageDetection"],
    lead: "Which language a text is written in.",
    input: (context) => textInput(context, { texts: TEXTS, language: false }),
    ask: analyze("LanguageDetection"),
    python: (value) => [call("detect_language")(value)[0], 'df.ai.detect_language("text")'],
    show: ({ detectedLanguage: found }) => el("div", {}, el("p", { className: "verdict" }, found.name),
      el("p", { className: "dim" }, `ISO 639-1: ${found.iso6391Name}`), bar("confidence", found.confidenceScore)),
  },
  {
    id: "entities", family: "Language", name: "Entities", needs: ["EntityRecognition"],
    lead: "Persons, places, organisations, times and amounts, where they stand in the text.",
    input: stage(), ask: analyze("EntityRecognition"), show: entities, python: call("entities"),
  },
  {
    id: "redact_pii", family: "Language", name: "Personal data", needs: ["PiiEntityRecognition"],
    lead: "A text without what tells who somebody is: numbers are checked by their check digits.",
    input: stage(), ask: analyze("PiiEntityRecognition"), show: personal, python: call("redact_pii"),
  },
  {
    id: "extract_summary", family: "Language", name: "Summary", needs: ["ExtractiveSummarization"],
    lead: "The sentences that say most, as they stand.",
    input: stage(125000), ask: summary, python: call("extract_summary", ", max_sentences=2"),
    show: (document, { text }) => marked(text, document.sentences.map((sentence) => ({
      ...sentence, make: (shown) => el("mark", { className: "chosen" }, shown),
    }))),
  },
];
