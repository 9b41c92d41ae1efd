"""Write catalogue.json: python -m drf_server.catalogue > catalogue.json"""

import json

from .faults import FAULTS
from .variants import VARIANTS


def catalogue():
    excludes = {v.name: set(v.excludes) for v in VARIANTS}
    for name, others in list(excludes.items()):
        for other in others:
            excludes[other].add(name)
    return {
        "variants": [v._asdict() | {"excludes": sorted(excludes[v.name])} for v in VARIANTS],
        "faults": [{key: getattr(f, key) for key in ("name", "what", "page", "operation", "visible", "how")}
                   for f in FAULTS],
    }


if __name__ == "__main__":
    print(json.dumps(catalogue(), ensure_ascii=False, indent=1))
