"""What a trustworthy folder job answers, case by case, and the tests that hold it to that."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

CASES = {
    # inputs
    "a .npy that would unpickle": ["images/test_read.py: test_npy_of_objects_is_never_unpickled"],
    "one bad file: one line, go on, no output, exit 1": ["batch/test_run.py: test_good_and_bad"],
    # configuration
    "an output path that would leave its root (there are no templates)": [
        "batch/test_outputs.py: test_tree_is_mirrored_and_extensions_follow_the_format",
        "batch/test_outputs.py: test_folder_linked_out_of_the_output",
        "batch/test_run.py: test_folder_linked_out_of_the_output",
    ],
    "two inputs to one output, by format, case or Unicode form": [
        "batch/test_outputs.py: test_two_inputs_to_one_output",
        "batch/test_run.py: test_clash_stops_the_job_before_any_work",
    ],
    # names
    "newline, leading dash, no UTF-8, 255 bytes": [
        "batch/test_find.py: test_odd_names",
        "batch/test_run.py: test_odd_names",
        "batch/test_trust_resume.py: test_names_that_are_no_utf_8_come_back_exactly",
        "images/test_write.py: test_longest_name",
    ],
    "control characters of a name on the terminal": [
        "cli/test_run.py: test_control_characters_stay_out_of_the_table",
        "cli/test_run.py: test_quiet_prints_failures_alone",
        "cli/test_process.py: test_a_name_the_encoding_lacks_is_escaped",
        "report/test_terminal.py: test_names_and_reasons_cannot_reach_the_terminal_raw",
    ],
    "composed and decomposed names": ["batch/test_trust_resume.py: test_composed_and_decomposed_names"],
    "symlink loop, dangling link, link out of the tree, FIFO, folder named .png": [
        "batch/test_find.py: test_what_is_no_file_is_skipped_with_a_reason",
        "batch/test_find.py: test_pipe_as_input_is_refused_at_once",
        "images/test_read.py: test_fifo_is_refused_without_waiting",
    ],
    # files
    "output inside the input": [
        "batch/test_outputs.py: test_output_inside_the_input",
        "batch/test_outputs.py: test_output_inside_the_input_but_never_read_again",
        "batch/test_outputs.py: test_result_would_replace_an_input_below_the_output",
        "batch/test_trust_resume.py: test_it_is_never_an_input",
    ],
    "an output that exists: kept, or replaced as a whole, a link never followed": [
        "batch/test_run.py: test_existing_ones_are_kept_and_found_before_decoding",
        "batch/test_run.py: test_overwrite_replaces_a_link_and_never_follows_it",
        "cli/test_run.py: test_results_are_kept_unless_overwrite",
        "images/test_write.py: test_symbolic_link_is_not_followed",
        "images/test_write.py: test_a_file_that_appears_in_the_meantime_is_kept",
    ],
    "an input that changes in mid-run": [
        "batch/test_trust_resume.py: test_input_changed_in_mid_run",
        "batch/test_trust_resume.py: test_input_changed_while_it_is_read",
        "batch/test_trust_resume.py: test_input_changed_of_the_same_size_and_time",
        "batch/test_trust_resume.py: test_vanished_input",
    ],
    # faults
    "SIGINT and SIGTERM: finish or drop, 130 or 143, no temporary file": [
        "batch/test_run.py: test_images_not_begun_are_dropped",
        "batch/test_trust_faults.py: test_a_process_is_gone_five_seconds_after_a_signal",
        "batch/test_trust_faults.py: test_nor_is_what_it_was_writing",
        "cli/test_process.py: test_a_signal_in_the_folder_scan",
        "cli/test_run.py: test_a_signal_ends_the_run_with_a_report",
    ],
    "kill -9 anywhere, and a resume with the same bytes": [
        "batch/test_trust_kill.py: test_death_at_every_file_operation",
        "batch/test_trust_kill.py: test_death_of_the_resumed_run_too",
        "batch/test_trust_kill.py: test_sigkill",
    ],
    "stale temporaries, but never those of the living": [
        "batch/test_trust_faults.py: test_those_of_the_dead_are_removed",
        "batch/test_trust_faults.py: test_those_of_the_living_are_not",
        "batch/test_trust_faults.py: test_nor_while_the_file_gets_its_name",
    ],
    "torn last line of the journal": [
        "batch/test_trust_resume.py: test_torn_last_line",
        "batch/test_trust_resume.py: test_records_behind_a_damaged_line_do_not_count",
    ],
    "a journal of another config, version or backend": [
        "batch/test_trust_resume.py: test_config",
        "batch/test_trust_resume.py: test_version",
        "batch/test_trust_resume.py: test_backend",
        "cli/test_run.py: test_resume_refuses_the_journal_of_another_config",
    ],
    "a full disk stops the run; EIO on write, fsync or close fails the image": [
        "batch/test_trust_faults.py: test_it_stops_the_run_early",
        "batch/test_trust_faults.py: test_input_output_error_fails_its_image_alone",
        "batch/test_trust_faults.py: test_error_on_close",
        "batch/test_trust_faults.py: test_a_failed_fsync_is_not_tried_again",
        "batch/test_trust_faults.py: test_old_results_stay",
        "batch/test_trust_faults.py: test_no_room_for_the_journal",
    ],
    "a read-only output folder fails before the first decode": [
        "batch/test_trust_faults.py: test_read_only_output_fails_before_the_first_decode",
        "batch/test_outputs.py: test_read_only_output_folder",
    ],
    "an input that may not be read": ["batch/test_trust_faults.py: test_input_that_may_not_be_read"],
    "a decoder that crashes, is killed or hangs: tried alone once, then quarantined": [
        "batch/test_trust_isolate.py: test_the_culprit_is_tried_alone_once_then_quarantined",
        "batch/test_trust_isolate.py: test_reasons",
        "batch/test_trust_isolate.py: test_what_is_quarantined_is_not_tried_again_until_it_changes",
    ],
    "out of memory": [
        "batch/test_trust_faults.py: test_out_of_memory_fails_that_image",
        "batch/test_trust_isolate.py: test_memory_that_is_full_fails_the_image",
    ],
}


def functions_of(path):
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_its_tests(case):
    for named in CASES[case]:
        file, name = named.split(": ")
        assert name in functions_of(TESTS / file), named
