import sys
import threading

from scripts.local.streams import captured, thread_streams


def test_a_captured_thread_does_not_take_what_others_print(capsys):
    inside, outside = threading.Event(), threading.Event()
    lines = []

    def work():
        with captured() as printed:
            sys.stdout.write("of the lambda\n")
            inside.set()
            outside.wait(10)
            lines.append(printed.getvalue())

    with thread_streams():
        thread = threading.Thread(target=work)
        thread.start()
        inside.wait(10)
        sys.stdout.write("of the terminal\n")
        outside.set()
        thread.join()

    assert ["of the lambda\n"] == lines
    assert "of the terminal\n" == capsys.readouterr().out


def test_streams_are_put_back():
    before = sys.stdout

    with thread_streams(), thread_streams():
        assert before is not sys.stdout

    assert before is sys.stdout


def test_a_stream_kept_from_one_call_writes_for_the_next():
    """A logger keeps the stream that exists when it is created."""
    with thread_streams():
        kept = sys.stdout

    with captured() as printed:
        kept.write("later")

    assert "later" == printed.getvalue()
