"""What the user wants to be hidden in a recording besides the secrets that the kit finds, and what not."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.openapi.languages.phrase import counted_phrase
from workerkit.openapi.masking.common_words import FEWEST_CHARACTERS, FEWEST_DIGITS, is_common
from workerkit.openapi.masking.mask import Secret


@dataclass(frozen=True)
class SecretChoice:
    """The words of the options --secret and --keep.

    hide: words that are replaced everywhere. ValueError if one of them is in too many texts.
    keep: words that are never replaced.
    """

    hide: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for word in filter(is_common, self.hide):
            raise ValueError(
                f"{word!r} is in many texts: give a word of {FEWEST_CHARACTERS} characters or more that "
                f"is not a number of less than {FEWEST_DIGITS} digits and not a word of the API"
            )

    @property
    def secrets(self) -> list[Secret]:
        """The words of `hide` as secrets."""
        return [("password", word) for word in self.hide]


NO_CHOICE = SecretChoice()


def common_secrets_notes(count: int) -> tuple[str, ...]:
    """A note about common secrets. Empty if there are none.

    count: how many secrets are short, short numbers, or words of the API.
    """
    if not count:
        return ()
    return (
        counted_phrase(
            count,
            "{count} secret is replaced only in fields such as password, because texts have such words by "
            "chance: fewer than {characters} characters, a number of less than {digits} digits, or a word of "
            "the API",
            "{count} secrets are replaced only in fields such as password, because texts have such words by "
            "chance: fewer than {characters} characters, a number of less than {digits} digits, or a word of "
            "the API",
            characters=FEWEST_CHARACTERS,
            digits=FEWEST_DIGITS,
        ),
    )
