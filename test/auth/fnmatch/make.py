"""Writes what Python's fnmatch.fnmatchcase says of many patterns and names: python3 test/auth/fnmatch/make.py

A line of table.txt is a pattern, a tab, and a digit for each of the names in the first line, which are joined by tabs.
"""

import fnmatch
import itertools
import pathlib
import random

NAMES = [
    "", "a", "b", "c", "z", "!", "-", "]", "[", "^", "\\", "&", "~", "|", "*", "?", ".", "ab", "a]", "!]", "[]", "[!]", "[a",
    "a-b", "\u00e9", "\uffee", "\U0001f600", "\U0001f600a",
    "inventory.Job.get", "inventory.Job.list", "inventory.Job.stat", "inventory.Job.delete", "inventory!Job.list",
    "inventory.job.list", "inventoryxJob.list", "inventory[!]Job.list", "inventory", "inventory.Job.get\n",
]  # fmt: skip

PERMISSIONS = [
    "inventory.Job.list", "inventory.*", "*.Job.list", "*.list", "*", "**", "i*.*.[gls]*", "inventory.Job.[gl]*",
    "inventory.Job.[!d]*", "inventory.Job.????", "inventory.Job.[!]list", "inventory[!]Job.list", "inventory[!].]Job.list",
    "inventory[]Job.list", "inventory[.]Job.list", "inventory[!.Job.list", "inventory[[]!]Job.list", "inventory.Job.get",
    "INVENTORY.*", "inventory.job.*", "inventory.Job.[a-]*", "inventory.Job.[z-a]*", "inventory.Job.[!z-a]*",
    "inventory?Job?list", "inventory\\.Job\\.list", "inventory.Job.(list|get)", "inventory.Job.{list,get}", "inv*.L*",
]  # fmt: skip

SETS = ["".join(each) for size in (1, 2, 3, 4) for each in itertools.product("!]-az", repeat=size)]
ODD = ["&&", "a&&b", "~~", "||", "a||b", "--", "a--b", "[a", "[[a", "^a", "^", "\\", "\\]", "a\\-z", "\u00e9-\uffee", "\uffee-\U0001f600",
       "z-a!b", "z-a!-%", "z-a^b", "az-y-b", "b-a-z", "c-a-z-x", "!c-a-z-x"]  # fmt: skip

random.seed(7)
RANDOM = ["".join(random.choices("[]!-^*?.az\\&", k=random.randint(1, 9))) for _ in range(1500)]

PATTERNS = ["", *PERMISSIONS, *(f"[{each}]" for each in SETS + ODD), *(f"[{each}" for each in ODD), *RANDOM]

lines = ["\t".join(NAMES).replace("\n", "\\n")]
for pattern in dict.fromkeys(PATTERNS):
    lines.append(pattern + "\t" + "".join(str(int(fnmatch.fnmatchcase(name, pattern))) for name in NAMES))
pathlib.Path(__file__).with_name("table.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
