"""Adds new messages to the catalogues, drops old ones, and compiles: `python -m docs.messages`.

With `--compile`, only compiles.
"""

from __future__ import annotations

import sys

from docs.messages.catalogue_file import updated_catalogue, write_catalogue
from docs.messages.messages import all_messages
from hatch_build import catalogue_files, compile_catalogue

for file in catalogue_files():
    if "--compile" not in sys.argv:
        write_catalogue(updated_catalogue(file, all_messages()), file)
    compile_catalogue(file)
