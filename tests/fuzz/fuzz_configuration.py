"""The configuration's lexer and parser under a coverage-guided fuzzer (atheris): any bytes, no traceback, soon.

`python -m tests.fuzz.fuzz_configuration CORPUS [-max_total_time=SECONDS]`; `make fuzz` runs it for long. What is found
is written to a file whose name libFuzzer tells; that file as an argument shows it again.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["vrrptui.config"]):
    from vrrptui.config.load import load
    from vrrptui.config.render.instances import show

LIMIT_S = 4.0  # the instrumented code is several times slower than that which has one second
BYTES_MOST = 4096
FOLDER = tempfile.TemporaryDirectory()
PATH = Path(FOLDER.name, "fuzzed.conf")


def written(data: bytes) -> str:
    """The path of a file with this content."""
    PATH.write_bytes(data)
    return str(PATH)


def check(data: bytes) -> None:
    """Whatever the bytes: findings in plain text or a configuration, which written out is the same one again."""
    began = time.process_time()
    loaded = load(written(data), "fuzz")
    took = time.process_time() - began
    assert took < LIMIT_S, f"took {took:.1f} s"
    assert (loaded.configuration is None) == any(one.level.value == "error" for one in loaded.findings)
    for finding in loaded.findings:
        assert (finding.text + finding.hint).isprintable()
        assert finding.place.line >= 1
    if loaded.configuration is not None:
        again = load(written(show(loaded.configuration, passwords=True).encode("utf-8", "surrogateescape")), "fuzz")
        too_long = any(one.code == "line-too-long" for one in again.findings)  # of bytes that are written as escapes
        assert too_long or again.configuration == loaded.configuration, again.findings


def seed(corpus: Path) -> None:
    """Begin with the files that the other tests are made of."""
    from tests.config.config_texts import AUTH, EVERYTHING, IPV6, instance, script

    corpus.mkdir(parents=True, exist_ok=True)
    texts = [EVERYTHING, script("interval 3", "weight -5"), instance(AUTH, "nopreempt"), instance(IPV6)]
    texts += ["$A=1\n$B=$A \\\n2\n~SEQ(X, 1, 3) a $X\n@id b\n@^id c\n~LST({A,B},{1,2}) ${A}\n", 'a "b\\"c" {\n}\n']
    for number, text in enumerate(texts):
        (corpus / f"seed-{number}").write_text(text)
    words = sorted({word for text in texts for word in re.findall(r"[\w.:/-]+", text)})
    (corpus.parent / "words").write_text("".join(f'"{word}"\n' for word in words))


if __name__ == "__main__":
    folder = next((Path(word) for word in sys.argv[1:] if not word.startswith("-")), None)
    if folder is not None and not folder.is_file():
        seed(folder)
        sys.argv.append(f"-dict={folder.parent / 'words'}")
    atheris.Setup([*sys.argv, f"-max_len={BYTES_MOST}", "-timeout=20", "-print_final_stats=1"], check)
    atheris.Fuzz()
