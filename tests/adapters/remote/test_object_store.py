"""An object is read as it was at one moment, whoever replaces it meanwhile."""

import threading

from study.adapters.remote.object_store import ObjectStore

CONTENTS = (b"short", b"longer, by far" * 1000)


def test_what_is_replaced_meanwhile_is_read_whole(s3, tmp_path):
    url = s3.url("runs/replaced")
    ObjectStore(url).write("record.json", CONTENTS[0])
    enough = threading.Event()

    def replace():
        store = ObjectStore(url)
        while not enough.is_set():
            for content in CONTENTS:
                store.write("record.json", content)
                enough.wait(0.03)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        store = ObjectStore(url)
        read = []
        for _ in range(40):
            store.download("record.json", tmp_path / "record.json")
            read += [(tmp_path / "record.json").read_bytes(), store.read("record.json")]
    finally:
        enough.set()
        writer.join()
    assert set(read) <= set(CONTENTS)
    assert len(set(read)) == 2, "it was replaced between two readings"


def test_what_is_not_there_is_nothing(s3):
    assert ObjectStore(s3.url("runs/replaced")).read("nothing.json") is None
