"""Planted faults that conform must not report: an honest server may do the same."""

_NORMAL_FORM = (
    "The page does not say that spaces at the ends of a link are kept. Some frameworks remove them by "
    "default. A note in the report says it."
)
_EQUAL = (
    "Only the data is strange, and the data of an honest server can be so. A note in the report says which "
    "fields are equal."
)
_MASKED = (
    "Only the data is strange: the passwords of a test system can be masked. A note in the report says it."
)
UNREPORTED = {
    ("fastapi", "password-masked"): _MASKED,
    ("django", "list-password-masked"): _MASKED,
    ("express", "list-password-masked"): _MASKED,
    ("fastapi", "request-name-is-id"): _EQUAL,
    ("django", "list-website-wrong"): _EQUAL,
    ("express", "list-website-is-name"): _EQUAL,
    ("fastapi", "text-trimmed"): _NORMAL_FORM,
    ("django", "put-text-trimmed"): _NORMAL_FORM,
    ("django", "health-ipv6-refused"): (
        "The page only shows an IPv4 address. A server whose workers all have IPv4 addresses may refuse "
        "others."
    ),
    ("django", "request-status-cascades"): (
        "The page does not say what a new status of a request means for its tasks. A server may end them."
    ),
    ("express", "list-empty-404"): (
        "The lists of the run that are empty are pages beyond the end, and lists with unknown filters. A "
        "server may answer 404 there."
    ),
    ("django", "list-active-accounts-only"): (
        "Only an account that is not active shows it. The page does not say that a server lists the tasks of "
        "such an account."
    ),
}
