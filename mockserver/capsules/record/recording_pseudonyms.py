"""The pseudonyms of a recording, which learns the secrets that come by."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain

from workerkit.mockserver.capsules.file.capsule import Recorded
from workerkit.mockserver.capsules.record.body_texts import Content, Texts
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.strict_json import MalformedJsonError
from workerkit.openapi.masking.known_secrets import SecretIndex, is_written_plainly
from workerkit.openapi.masking.mask import Secret, is_secret_header, keys_of, may_show_a_secret
from workerkit.openapi.masking.pseudonyms import Pseudonyms, worth_knowing

_MOST_BODIES, _LONGEST_BODY = 64, 2**20
_MOST_LETTERS = 2**19
_MOST_SECRETS = 65_536
Write = Callable[[bytes], bytes]


class RecordingPseudonyms:
    """Takes secrets out of one exchange after the other: those that it shows, and all that came before.

    What is written is what `Pseudonyms` that know all of them would write, but those are asked only for texts
    in which a secret may stand, and only with the secrets that may.
    """

    def __init__(self) -> None:
        salt = secrets.token_bytes(32)
        self._known = SecretIndex()
        self._naming = lru_cache(_MOST_BODIES)(partial(Pseudonyms, salt=salt))
        blank = Pseudonyms(salt=salt)
        self._header = lru_cache(_MOST_SECRETS)(blank.header)
        self._hide = lru_cache(_MOST_SECRETS, typed=True)(blank.hidden)
        self._harmless: set[str] = set()
        self._kept = 0
        self._bodies: dict[bytes, bytes] = {}

    @property
    def count(self) -> int:
        """How many secrets are known."""
        return len(self._known)

    def disguised(self, recorded: Recorded) -> Recorded:
        """The exchange without the secrets that are known by now, its own among them."""
        exchange = recorded.exchange
        contents = [self._content(each) for each in (exchange.request_body, exchange.answer_body)]
        shown_here = (each.secrets for each in contents if each)
        self._learn(chain(keys_of(exchange), *shown_here))
        texts = _texts_around(exchange).union(*(each.texts for each in contents if each))
        if self._known.look_like_ids:
            texts.update(*(each.ids for each in contents if each))
        beginnings = [beginning for content in contents if content for beginning in content.beginnings]
        shown = dict(self._shown(texts, beginnings))
        return Recorded(self._written(exchange, contents, shown), recorded.ending)

    def text(self, text: str) -> str:
        """A text without the secrets that are known by now."""
        return self._naming(self._known.within(text)).text(text)

    def _content(self, body: bytes) -> Content | None:
        """What a body says; None for what is no JSON, and for what was written lately."""
        if not body or body in self._bodies:
            return None
        try:
            return Content(body)
        except MalformedJsonError:
            return None

    def _learn(self, secrets: Iterable[Secret]) -> None:
        if news := list(worth_knowing(self._known.unknown(secrets))):
            self._known.add(news)
            self._harmless.clear()
            self._bodies.clear()

    def _written(self, exchange: Exchange, contents: list[Content | None], shown: Texts) -> Exchange:
        request, answer = contents
        return replace(
            exchange,
            path=shown.get(exchange.path, exchange.path),
            query=shown.get(exchange.query, exchange.query),
            request_headers=self._headers(exchange.request_headers, shown),
            request_body=self._body(exchange.request_body, request, shown),
            answer_headers=self._headers(exchange.answer_headers, shown),
            answer_body=self._body(exchange.answer_body, answer, shown),
            why=shown.get(exchange.why, exchange.why),
        )

    def _headers(self, headers: Headers, shown: Texts) -> Headers:
        return tuple(
            (name, self._header(name, text) if is_secret_header(name) else shown.get(text, text))
            for name, text in headers
        )

    def _body(self, body: bytes, content: Content | None, shown: Texts) -> bytes:
        if not body or body in self._bodies:
            return self._bodies.get(body, body)
        if content is not None and content.is_simple:
            written = content.written(shown, self._hide)
        else:
            text = body.decode("utf-8", "surrogateescape")
            written = self._naming(self._known.within(text)).data(body)
        if len(body) <= _LONGEST_BODY:
            self._keep(body, written)
        return written

    def _keep(self, body: bytes, written: bytes) -> None:
        """Clients ask the same again and again, and get the same."""
        if len(self._bodies) >= _MOST_BODIES:
            del self._bodies[next(iter(self._bodies))]
        self._bodies[body] = written

    def _shown(self, texts: set[str], beginnings: list[str]) -> Iterator[tuple[str, str]]:
        """The texts that are not written as they are, and how they are written."""
        news = texts - self._harmless
        suspect = list(self._suspect(news, beginnings))
        names = self._naming(frozenset().union(*map(self._known.within, suspect)))
        pairs = [(each, names.text(each)) for each in suspect]
        changed = [pair for pair in pairs if pair[0] != pair[1]]
        self._harmless |= news.difference(each for each, _ in changed) if changed else news
        self._kept += sum(map(len, news))
        if self._kept > _MOST_LETTERS:
            self._harmless.clear()
            self._kept = 0
        yield from changed

    def _suspect(self, texts: Collection[str], beginnings: list[str]) -> Iterator[str]:
        """The texts that have to be looked at one by one; many may begin alike."""
        together = "\n".join(texts)
        if is_written_plainly(together):
            yield from self._sifted(list(texts), together, beginnings)
            return
        plain = [text for text in texts if is_written_plainly(text)]
        yield from set(texts).difference(plain)
        yield from self._sifted(plain, "\n".join(plain), beginnings)

    def _sifted(self, texts: list[str], together: str, beginnings: list[str]) -> Iterator[str]:
        """The texts in which a secret may stand. Mostly there is none: many are looked at at once."""
        if beginnings and together.count("\n") >= len(texts):  # a text of several lines
            beginnings = []
        if not may_show_a_secret(together) and not self._known.standing_in(together, beginnings):
            return
        if len(texts) == 1:
            yield from texts
            return
        for half in (texts[::2], texts[1::2]):
            yield from self._sifted(half, "\n".join(half), beginnings)


def _texts_around(exchange: Exchange) -> set[str]:
    """The texts of an exchange but those of its bodies and of headers that are secret as a whole."""
    headers = (*exchange.request_headers, *exchange.answer_headers)
    told = {text for name, text in headers if not is_secret_header(name)}
    return told | {exchange.path, exchange.query, exchange.why}
