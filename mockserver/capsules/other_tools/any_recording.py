"""Reads a recording as a capsule: a capsule, a journal of `workerkit serve`, or what another tool wrote."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import yaml

from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.other_tools.entries import Entries, capsule_of
from workerkit.mockserver.capsules.other_tools.har import exchange_from_har, har_log, no_attachment
from workerkit.mockserver.capsules.other_tools.har_capsule import capsule_head
from workerkit.mockserver.capsules.other_tools.journal import exchange_from_journal
from workerkit.mockserver.capsules.other_tools.json_file import are_json_lines, json_value, line_of_entry
from workerkit.mockserver.capsules.other_tools.mitmproxy_flows import exchange_from_flow, flows, is_flow_file
from workerkit.mockserver.capsules.other_tools.recording_file import (
    har_in_zip,
    not_a_recording,
    text_of,
    unpacked,
)
from workerkit.mockserver.capsules.other_tools.tnetstring import NotTnetstringError
from workerkit.mockserver.capsules.other_tools.vcr_cassette import (
    exchange_from_interaction,
    interactions,
    is_cassette,
    load_cassette,
)
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.masking.common_words import is_common
from workerkit.openapi.masking.pseudonyms import Pseudonyms, secrets_of
from workerkit.openapi.masking.secret_choice import NO_CHOICE, SecretChoice, common_secrets_notes
from workerkit.openapi.spec.api import worker_api

# JSON writes a character such as an emoji as two escapes. YAML does not allow this.
_SURROGATE_PAIR = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)


def read_recording(path: Path, *, base_path: str | None = None, choice: SecretChoice = NO_CHOICE) -> Capsule:
    """The capsule in a file. A recording in another format becomes a capsule without secrets.

    base_path: the base path of the API in a recording of another tool; None for the one of the API page.
    choice: what else is hidden in a recording in another format, and what is not.

    Raises InvalidInputError.
    """
    data = unpacked(path)
    if is_flow_file(data):
        found: Entries | Capsule = _flows(data, path)
    else:
        zipped = har_in_zip(data, path)
        found = _from_text(text_of(zipped[0] if zipped else data, path), path, zipped[1] if zipped else None)
    if isinstance(found, Capsule):
        return found
    return without_secrets(capsule_of(found, path, base_path or worker_api().base_path), choice)


def without_secrets(capsule: Capsule, choice: SecretChoice = NO_CHOICE) -> Capsule:
    """The capsule with pseudonyms for all secrets that its exchanges show.

    choice: what else is hidden, and what is not.
    """
    known = dict.fromkeys(
        [
            *choice.secrets,
            *(secret for recorded in capsule.recorded for secret in secrets_of(recorded.exchange)),
        ]
    )
    pseudonyms = Pseudonyms(known, salt=secrets.token_bytes(32), keep=choice.keep)
    common = {text for _, text in known if text and is_common(text) and pseudonyms.hides(text)}
    return replace(
        capsule,
        recorded=tuple(
            RecordedExchange(pseudonyms.without_secrets(recorded.exchange), recorded.ending)
            for recorded in capsule.recorded
        ),
        world=None if capsule.world is None else pseudonyms.value(dict(capsule.world)),
        upstream=pseudonyms.text(capsule.upstream),
        scenario=pseudonyms.text(capsule.scenario),
        expected=pseudonyms.text(capsule.expected),
        notes=(*map(pseudonyms.text, capsule.notes), *common_secrets_notes(len(common))),
    )


def _flows(data: bytes, path: Path) -> Entries:
    try:
        return Entries("flow", flows(data), exchange_from_flow)
    except NotTnetstringError as error:
        raise InvalidInputError(
            f"{path}: the flow file of mitmproxy is damaged: {error}. Convert it with mitmproxy: "
            f"mitmdump -nr {path.name} --set hardump={path.stem}.har"
        ) from None


def _from_text(text: str, path: Path, attachments: ZipFile | None) -> Entries | Capsule:
    if not text.lstrip().startswith(("{", "[")):
        return _from_yaml(text, path)
    if are_json_lines(text):
        return _journal(text, path)
    value = json_value(text, path)
    if (log := har_log(value)) is not None:
        return _har(log, text, path, attachments)
    if (listed := interactions(value)) is not None:
        return Entries("interaction", listed, exchange_from_interaction)
    if isinstance(value, dict) and "capsule" in value:
        return parse_capsule(_SURROGATE_PAIR.sub(_joined_pair, text), name=str(path))
    if isinstance(value, dict) and "operation" in value:
        return _journal(text, path)
    raise not_a_recording(path)


def _har(log: dict[str, Any], text: str, path: Path, attachments: ZipFile | None) -> Entries:
    try:
        head = capsule_head(log)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"{path}: the field _capsule of the HAR is damaged: {error}") from None
    is_complete = False if head is None else head.is_complete
    read_attachment = attachments.read if attachments else no_attachment

    def read(entry: Any, number: int, base_path: str) -> RecordedExchange:
        return exchange_from_har(entry, number, None if head else base_path, read_attachment)

    return Entries("entry", log["entries"], read, partial(line_of_entry, text), head, is_complete)


def _from_yaml(text: str, path: Path) -> Entries | Capsule:
    if not is_cassette(text):
        return parse_capsule(text, name=str(path))
    try:
        listed = interactions(load_cassette(text))
    except yaml.YAMLError as error:
        raise InvalidInputError(f"{path}: the cassette cannot be read: {error}") from None
    if listed is None:
        raise not_a_recording(path)
    return Entries("interaction", listed, exchange_from_interaction)


def _journal(text: str, path: Path) -> Entries:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    return Entries(
        "entry",
        [line for _, line in lines],
        lambda line, number, base_path: exchange_from_journal(json_value(line, path), number, base_path),
        lambda number: lines[number - 1][0],
        is_complete=True,
    )


def _joined_pair(match: re.Match[str]) -> str:
    return bytes.fromhex(match[1] + match[2]).decode("utf-16-be")
