"""Lines of `tests/workers/careful.py`, and how to add a mistake to them."""

from __future__ import annotations

from pathlib import Path

from tests import workers

Change = tuple[str, str]
CAREFUL = Path(*workers.__path__) / "careful.py"

_BEGINS = "        give_up_at = time.monotonic() + _GIVE_UP_AFTER\n"
_AT_ERROR = "            except TemporaryError as error:\n"
_PAUSES = "            self._clock.back_off(attempt)\n"
SENDS = "                return self.send(method, path, body)\n"
SETS_STATUS = '                self._report(task, {"status": status})\n'
DROPS = """\
        except RefusedError as error:
            worker.drop(task["id"], str(error))
"""
LOOKS = '        return task["id"] in self.pages.ids("running")\n'
_IS_RESULT = '("completed" in str(body) or "link_post" in str(body))'


def at_error(condition: str, *lines: str) -> tuple[Change, ...]:
    """Returns the changes that run `lines` at a temporary error of a request, if the condition holds.

    Both know `errors`, the texts of the errors that this request has met so far, the newest at the end, and
    `is_result`, whether the request reports a completed task.
    """
    code = [f"if {condition}:", *(f"    {line}" for line in lines)]
    added = "".join(f"                {line}\n" for line in ("errors.append(str(error))", *code))
    begins = f"{_BEGINS}        errors, is_result = [], {_IS_RESULT}\n"
    return (_BEGINS, begins), (_AT_ERROR, f"{_AT_ERROR}{added}")


def after_pause(condition: str, *lines: str) -> tuple[Change, ...]:
    """Returns the changes that run `lines` after the pause that follows a temporary error.

    The condition knows the same names as in `at_error`.
    """
    code = [f"if {condition}:", *(f"    {line}" for line in lines)]
    return (
        *at_error("False", "pass"),
        (_PAUSES, _PAUSES + "".join(f"            {line}\n" for line in code)),
    )


def at_refusal(condition: str, *lines: str) -> tuple[Change, ...]:
    """Returns the changes that run `lines` if a request is refused after temporary errors.

    The condition knows `refusal`, and the same names as in `at_error`. Afterwards the request is refused.
    """
    code = ["except RefusedError as refusal:", f"    if errors and {condition}:"]
    code += [*(f"        {line}" for line in lines), "    raise"]
    return (
        *at_error("False", "pass"),
        (SENDS, SENDS + "".join(f"            {line}\n" for line in code)),
    )
