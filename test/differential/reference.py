"""Answers verifications with the in-toto reference implementation.

One JSON object a line comes in, one goes out. The first line out says which version answers, or why none can.
A case: layout, layout_keys, links, parameters, as in the conformance vectors. An answer: that vector's `expected`.
"""

import base64
import json
import logging
import os
import shutil
import sys
import tempfile


def main():
    try:
        import in_toto
        from in_toto import verifylib
    except ImportError as error:
        say({"unavailable": str(error)})
        return
    logging.disable(logging.CRITICAL)
    watch = watch_rules(verifylib)
    say({"version": in_toto.__version__})
    for line in sys.stdin:
        say(answer(json.loads(line), verifylib, watch))


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def watch_rules(verifylib):
    """Remembers which rules are being checked, for the case that they fail."""
    watch = {}
    verify_item_rules = verifylib.verify_item_rules

    def watched(source_name, source_type, rules, links):
        watch["at"] = (source_name, source_type)
        return verify_item_rules(source_name, source_type, rules, links)

    verifylib.verify_item_rules = watched
    return watch


def answer(case, verifylib, watch):
    from in_toto.models.metadata import Metadata

    directory = tempfile.mkdtemp(prefix="differential-")
    links = os.path.join(directory, "a", "links")
    layout = os.path.join(directory, "layout")
    os.makedirs(links)
    os.chdir(links)
    watch.clear()
    try:
        write(layout, case)
        for link in case["links"]:
            write(os.path.join(links, link["filename"]), link)
        link = verifylib.in_toto_verify(
            Metadata.load(layout),
            case["layout_keys"],
            link_dir_path=links,
            substitution_parameters=case["parameters"],
            persist_inspection_links=False,
        )
        return {"outcome": "pass", "summary": as_json(link)}
    except Exception as error:
        return failure(error, watch)
    finally:
        os.chdir("/")
        shutil.rmtree(directory, ignore_errors=True)


def write(path, file):
    content = file.get("content", file.get("layout"))
    encoded = file.get("content_base64", file.get("layout_base64"))
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(content.encode("utf-8") if encoded is None else base64.b64decode(encoded))
    except (OSError, ValueError):
        pass  # a name that no file can have


def as_json(link):
    import attr

    return json.loads(json.dumps(attr.asdict(link)))


def failure(error, watch):
    answer = {
        "outcome": "fail",
        "error_class": type(error).__name__,
        "message": str(error)[:500],
    }
    if answer["error_class"] == "RuleVerificationError" and isinstance(watch["at"][0], str):
        answer["failing_item"], answer["failing_source_type"] = watch["at"]
    return answer


main()
