"""Signs a layout with in-toto 1.3.1: its last releases before 2.0 have no tool for it, every project writes this script.

Reads {"steps": [{name, functionary, expected_materials, expected_products}], "owner": key file, "out": path,
"functionaries": {name: public key file}} from stdin; prints the owner's public key object.
"""

import json
import sys

from in_toto.models.layout import Layout, Step
from in_toto.models.metadata import Metablock
from securesystemslib.interface import (
    import_ed25519_privatekey_from_file,
    import_ed25519_publickey_from_file,
)

order = json.load(sys.stdin)
functionaries = {
    name: import_ed25519_publickey_from_file(path)
    for name, path in order["functionaries"].items()
}
layout = Layout()
layout.set_relative_expiration(years=1)
for key in functionaries.values():
    layout.add_functionary_key(key)
for step in order["steps"]:
    key = functionaries[step.pop("functionary")]
    layout.steps.append(Step(pubkeys=[key["keyid"]], **step))

metadata = Metablock(signed=layout)
metadata.sign(import_ed25519_privatekey_from_file(order["owner"]))
metadata.dump(order["out"])
print(json.dumps(import_ed25519_publickey_from_file(order["owner"] + ".pub")))
