"""A curl command that repeats a request, for bash and zsh."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from workerkit.openapi.spec.api import worker_api

# A command has this text in place of an API key with special shell characters, or with characters that are
# not printable ASCII.
_KEY_WITH_SHELL_CHARACTERS = "***"


def curl_command(method: str, url: str, headers: Sequence[str], body: bytes) -> str:
    """The command, in one line. It prints the status and the headers of the answer, too.

    url: the URL as a word of the shell.
    headers: each header as a word of the shell.
    """
    # Without --globoff, curl reads brackets in a URL as several URLs.
    globoff = ["--globoff"] if set(url) & set("[]{}") else []
    # With -X HEAD, curl waits for a body that never comes.
    words = ["curl", "-i", *globoff, *(["--head"] if method == "HEAD" else ["-X", method]), url]
    for header in headers:
        words += ["-H", header]
    if b"\0" in body:  # no argument of a command can contain it
        words = ["printf", "'%b'", _in_octal(body), "|", *words, "--data-binary", "@-"]
    elif body:  # curl reads a file if the value of --data-binary begins with @
        words += ["--data-raw", shell_word(body.decode("utf-8", "surrogateescape"))]
    return " ".join(words)


def shell_word(text: str) -> str:
    """The text as one word. Bytes that a terminal cannot show are written as `\\xNN`.

    A byte that is not UTF-8 is a lone surrogate, as in Python's `surrogateescape`.
    """
    if text.isprintable():
        return shlex.quote(text)
    escaped = "".join(map(_escaped, text))
    return f"$'{escaped}'"


def key_header(key: str, variables: Mapping[str, str], shown: str) -> str:
    """The header with the API key, as a word of the shell.

    variables: the name of the environment variable for each known key. A longer key that begins with a known
        key becomes the variable and the rest.
    shown: what the word has for an unknown key.
    """
    text = shown if _is_plain(shown) else _KEY_WITH_SHELL_CHARACTERS
    for known_key, variable in variables.items():
        if key.startswith(known_key):
            rest = key.removeprefix(known_key)
            text = f"${{{variable}}}{rest}" if rest else f"${variable}"
            break
    return f'"{worker_api().key_header_name}: {text}"'


def type_header(content_type: str) -> str:
    """The header Content-Type as a word of the shell. Without a type, curl sends no such header."""
    return shell_word(f"Content-Type: {content_type}".rstrip())


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and not set(text) & set('"$`\\!')


def _escaped(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


def _in_octal(body: bytes) -> str:
    return shlex.quote("".join(f"\\0{byte:03o}" for byte in body))
