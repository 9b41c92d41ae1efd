"""Replaces the secrets in the exchanges of a recording. It learns new secrets from each exchange."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache, partial
from itertools import chain

from workerkit.mockserver.capsules.file.capsule import RecordedExchange
from workerkit.mockserver.capsules.file.line_texts import text_of_line, with_changed_texts
from workerkit.mockserver.capsules.record.body_texts import BodyTexts, Replacements
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.strict_json import MalformedJsonError
from workerkit.openapi.masking.common_words import is_common
from workerkit.openapi.masking.known_secrets import SecretIndex, needs_no_decoding
from workerkit.openapi.masking.mask import Secret, is_secret_header, keys_of, may_show_a_secret
from workerkit.openapi.masking.pseudonyms import Pseudonyms
from workerkit.openapi.masking.secret_choice import NO_CHOICE, SecretChoice, common_secrets_notes

_MAX_CACHED_BODIES, _MAX_CACHED_BODY_BYTES = 64, 2**20
_MAX_HARMLESS_LETTERS = 2**19
_MAX_CACHED_SECRETS = 65_536
_LINES_AT_ONCE = 256


class RecordingPseudonyms:
    """Replaces the secrets in one exchange after the other.

    Each exchange can show new secrets. They are replaced in this exchange and in all later exchanges.

    One `Pseudonyms` with all known secrets would give the same result, but it would be slow. So this class
    first looks for the texts that may contain a secret. For these texts it uses a small `Pseudonyms`, with
    only the known secrets that these texts may contain.

    choice: what else is hidden, and what is not.
    """

    def __init__(self, choice: SecretChoice = NO_CHOICE) -> None:
        salt = secrets.token_bytes(32)
        self._known = SecretIndex()
        self._common: set[str] = set()
        self._keep = frozenset(map(str.lower, choice.keep))
        self._pseudonyms_for = lru_cache(_MAX_CACHED_BODIES)(partial(Pseudonyms, salt=salt, keep=choice.keep))
        blank = Pseudonyms(salt=salt, keep=choice.keep)
        self._header = lru_cache(_MAX_CACHED_SECRETS)(blank.header)
        self._hide = lru_cache(_MAX_CACHED_SECRETS, typed=True)(blank.field_value)
        self._harmless: set[str] = set()
        self._harmless_letters = 0
        self._bodies: dict[bytes, bytes] = {}
        self._learn(choice.secrets)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the capsule about secrets that are replaced only in their own fields."""
        return common_secrets_notes(len(self._common))

    @property
    def count(self) -> int:
        """How many secrets are known."""
        return len(self._known)

    def without_secrets(self, recorded: RecordedExchange) -> RecordedExchange:
        """The exchange with pseudonyms for its own secrets and for all secrets of earlier exchanges."""
        exchange = recorded.exchange
        bodies = [self._body_texts(body) for body in (exchange.request_body, exchange.answer_body)]
        in_bodies = (body.secrets for body in bodies if body)
        self._learn(chain(keys_of(exchange), *in_bodies))
        texts = _texts_outside_bodies(exchange).union(*(body.texts for body in bodies if body))
        if self._known.has_id_like_secrets:
            texts.update(*(body.ids for body in bodies if body))
        prefixes = [prefix for body in bodies if body for prefix in body.prefixes]
        replacements = dict(self._replacements(texts, prefixes))
        return RecordedExchange(self._replaced(exchange, bodies, replacements), recorded.ending)

    def text(self, text: str) -> str:
        """The text with pseudonyms for all known secrets."""
        return self._pseudonyms_for(self._known.possible_secrets(text)).text(text)

    def has_secret_in(self, lines: Sequence[str]) -> bool:
        """Whether one of these lines still has a known secret.

        lines: lines of a capsule. The secrets that were known when they were written are replaced in them.

        Most lines have none. So this method looks at many lines at once first. The spaces around a line
        would look like an encoding.
        """
        different = dict.fromkeys(map(text_of_line, lines))
        plain = [line for line in different if needs_no_decoding(line)]
        for group in (plain, [*different.keys() - plain]):
            for first in range(0, len(group), _LINES_AT_ONCE):
                part = group[first : first + _LINES_AT_ONCE]
                if self._has_secret("\n".join(part)) and any(map(self._has_secret, part)):
                    return True
        return False

    def clean_lines(self, lines: Sequence[str]) -> Iterator[str]:
        """Lines of a capsule file with pseudonyms for the known secrets in them."""
        clean = cache(self._clean_text)
        for first in range(0, len(lines), _LINES_AT_ONCE):
            part = lines[first : first + _LINES_AT_ONCE]
            has_secret = self.has_secret_in(part)
            yield from (with_changed_texts(line, clean) for line in part) if has_secret else part

    def _clean_text(self, text: str) -> str:
        possible = self._known.possible_secrets(text)
        return self._pseudonyms_for(possible).text(text) if possible else text

    def _has_secret(self, text: str) -> bool:
        return self._clean_text(text) != text

    def _body_texts(self, body: bytes) -> BodyTexts | None:
        """The texts of a body. None if the body is not JSON, or if its result is cached."""
        if not body or body in self._bodies:
            return None
        try:
            return BodyTexts(body)
        except MalformedJsonError:
            return None

    def _learn(self, secrets: Iterable[Secret]) -> None:
        new = self._known.new_secrets(secrets)
        common = {text for _, text in new if is_common(text)}
        self._common |= common - {""}
        if new := [
            secret for secret in new if secret[1] not in common and secret[1].lower() not in self._keep
        ]:
            self._known.add(new)
            self._harmless.clear()
            self._bodies.clear()

    def _replaced(
        self, exchange: Exchange, bodies: list[BodyTexts | None], replacements: Replacements
    ) -> Exchange:
        request, answer = bodies
        return replace(
            exchange,
            path=replacements.get(exchange.path, exchange.path),
            query=replacements.get(exchange.query, exchange.query),
            request_headers=self._headers(exchange.request_headers, replacements),
            request_body=self._body(exchange.request_body, request, replacements),
            answer_headers=self._headers(exchange.answer_headers, replacements),
            answer_body=self._body(exchange.answer_body, answer, replacements),
            why=replacements.get(exchange.why, exchange.why),
        )

    def _headers(self, headers: Headers, replacements: Replacements) -> Headers:
        return tuple(
            (name, self._header(name, text) if is_secret_header(name) else replacements.get(text, text))
            for name, text in headers
        )

    def _body(self, body: bytes, body_texts: BodyTexts | None, replacements: Replacements) -> bytes:
        if not body or body in self._bodies:
            return self._bodies.get(body, body)
        if body_texts is not None and body_texts.is_simple:
            clean = body_texts.replaced(replacements, self._hide)
        else:
            text = body.decode("utf-8", "surrogateescape")
            clean = self._pseudonyms_for(self._known.possible_secrets(text)).body_bytes(body)
        if len(body) <= _MAX_CACHED_BODY_BYTES:
            self._cache(body, clean)
        return clean

    def _cache(self, body: bytes, clean: bytes) -> None:
        """Remembers the result for a body: clients often send the same requests and get the same answers."""
        if len(self._bodies) >= _MAX_CACHED_BODIES:
            del self._bodies[next(iter(self._bodies))]
        self._bodies[body] = clean

    def _replacements(self, texts: set[str], prefixes: list[str]) -> Iterator[tuple[str, str]]:
        """The texts that contain secrets, each with its replacement."""
        new = texts - self._harmless
        suspicious = list(self._suspicious(new, prefixes))
        pseudonyms = self._pseudonyms_for(frozenset().union(*map(self._known.possible_secrets, suspicious)))
        pairs = [(text, pseudonyms.text(text)) for text in suspicious]
        changed = [pair for pair in pairs if pair[0] != pair[1]]
        self._harmless |= new.difference(text for text, _ in changed) if changed else new
        self._harmless_letters += sum(map(len, new))
        if self._harmless_letters > _MAX_HARMLESS_LETTERS:
            self._harmless.clear()
            self._harmless_letters = 0
        yield from changed

    def _suspicious(self, texts: Collection[str], prefixes: list[str]) -> Iterator[str]:
        """The texts that may contain a secret.

        prefixes: beginnings that many of the texts have in common. Each beginning is searched only once.
        """
        joined = "\n".join(texts)
        if needs_no_decoding(joined):
            yield from self._filtered(list(texts), joined, prefixes)
            return
        plain = [text for text in texts if needs_no_decoding(text)]
        yield from set(texts).difference(plain)
        yield from self._filtered(plain, "\n".join(plain), prefixes)

    def _filtered(self, texts: list[str], joined: str, prefixes: list[str]) -> Iterator[str]:
        """The texts that may contain a secret; `joined` is all texts, one on each line.

        Most texts contain none. So this function checks all of them at once first, and then each half.
        """
        if prefixes and joined.count("\n") >= len(texts):  # some text has several lines
            prefixes = []
        if not may_show_a_secret(joined) and not self._known.possible_secrets_in_plain_text(joined, prefixes):
            return
        if len(texts) == 1:
            yield from texts
            return
        for half in (texts[::2], texts[1::2]):
            yield from self._filtered(half, "\n".join(half), prefixes)


def _texts_outside_bodies(exchange: Exchange) -> set[str]:
    """The path, the query, `why` and the values of all headers that are not secret."""
    headers = (*exchange.request_headers, *exchange.answer_headers)
    values = {text for name, text in headers if not is_secret_header(name)}
    return values | {exchange.path, exchange.query, exchange.why}
