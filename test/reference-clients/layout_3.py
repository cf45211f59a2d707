"""Signs a layout with in-toto 3, as Metablock or as DSSE envelope ("dsse": true). Otherwise like layout_1_3_1.py."""

import json
import sys

from in_toto.models._signer import (
    load_crypto_signer_from_pkcs8_file,
    load_public_key_from_file,
)
from in_toto.models.layout import Layout, Step
from in_toto.models.metadata import Envelope, Metablock

order = json.load(sys.stdin)
layout = Layout()
layout.set_relative_expiration(years=1)
keyids = {
    name: layout.add_functionary_key_from_path(path)["keyid"]
    for name, path in order["functionaries"].items()
}
for step in order["steps"]:
    keyid = keyids[step.pop("functionary")]
    layout.steps.append(Step(pubkeys=[keyid], **step))

metadata = Envelope.from_signable(layout) if order["dsse"] else Metablock(signed=layout)
metadata.create_signature(load_crypto_signer_from_pkcs8_file(order["owner"]))
metadata.dump(order["out"])
print(json.dumps(load_public_key_from_file(order["owner"] + ".pub")))
