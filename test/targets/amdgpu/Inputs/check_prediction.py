"""Computes the times of moec predict's JSON again, from the counts in it.

Usage: check_prediction.py FILE [LAUNCHES]

Every launch by the formula of docs/Emulator.md, every step as the sum of its launches. Where units take workgroups as they come free,
the last one's end is no less than its mean over units, and no more than a whole one behind that. With LAUNCHES a step must have so many.
"""
import json
import math
import sys

report = json.load(open(sys.argv[1]))
c = report["constants"]


def near(what, found, wanted):
    if not math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9):
        sys.exit(f"{what}: {found} and not {wanted}")


def group_time(group, on_unit, active):
    crowd = math.ceil(on_unit * group["waves"] / c["simds_per_unit"]) / group["waves"]

    def step(part, in_loop):
        terms = [part["matrix_cycles"] * crowd / c["matrix_hz"] * 1e6, part["issue_slots"] * crowd / c["issue_hz"] * 1e6,
                 part["line_bytes"] * active / c["l2_bytes_per_s"] * 1e6]
        if in_loop and part["bytes_under_way"]:
            terms.append(c["latency_us"] * min(part["load_bytes"] / part["bytes_under_way"], part["waits"]))
        return part["trips"] * max(terms)

    return c["latency_us"] + step(group["outside_loops"], False) + sum(step(loop, True) for loop in group["loops"])


def launch_time(launch):
    groups, most, samples = launch["workgroups"], launch["workgroups_on_a_unit"], launch["workgroups_counted"]
    each = math.ceil(groups / c["units"])
    compute = 0
    while each > 0:
        on_unit = min(most, each)
        active = min(groups, c["units"] * on_unit)
        compute += sum(sample["share"] * group_time(sample, on_unit, active) for sample in samples)
        each -= on_unit
    if launch["taken_in_order"]:
        times = [group_time(sample, 1, min(groups, c["units"])) for sample in samples]
        mean = groups / c["units"] * sum(sample["share"] * time for sample, time in zip(samples, times))
        if not mean * (1 - 1e-9) <= launch["compute_us"] <= mean + max(times):
            sys.exit(f"{launch['compute_us']} us for workgroups of {times} us, {mean} us of them for each unit")
        compute = launch["compute_us"]
    memory = (launch["bytes_read"] + launch["bytes_written"]) / c["memory_bytes_per_s"] * 1e6
    return c["launch_us"] + max(compute, memory) + c["overlap"] * min(compute, memory)


for step in report["steps"]:
    gap = c["graph_gap_us"] - c["launch_us"] if step["in_graph"] else 0
    total = floor = count = 0
    for row in step["kernels"]:
        launch, name = row["first_draw"], f"T = {step['tokens']}, {row['op']}"
        near(name, launch["us"], launch_time(launch))
        if not c["launch_us"] <= launch["at_least_us"] <= launch["us"]:
            sys.exit(f"{name}: at least {launch['at_least_us']} us and {launch['us']} us")
        if not row["time"]["least_us"] <= row["time"]["us"] * (1 + 1e-12) <= row["time"]["most_us"] * (1 + 2e-12):
            sys.exit(f"{name}: {row['time']}")
        total += row["count"] * (row["time"]["us"] + gap)
        floor += row["count"] * (row["at_least_us"] + gap)
        count += row["count"]
    near(f"T = {step['tokens']}", total, step["time"]["us"])
    near(f"T = {step['tokens']}, at least", floor, step["at_least_us"])
    if count != step["launches"] or len(sys.argv) > 2 and count != int(sys.argv[2]):
        sys.exit(f"T = {step['tokens']}: {count} launches and not {step['launches']}")
    if ("power" in step) == step["in_graph"]:
        sys.exit(f"T = {step['tokens']}: the limit of power belongs to prompts")
    print(f"T = {step['tokens']}: {count} launches, {total:.1f} us")
