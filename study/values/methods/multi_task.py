"""How tasks that share a backbone are balanced, and how their data are drawn."""

from study.values.methods.entry import MethodEntry

MULTI_TASK = (
    MethodEntry(
        family="task weighting",
        name="task_balancing: weighted_sum",
        summary="sum of w_t L_t, w_t equal or searched (`task_weights`)",
        source="linear scalarization; Xin et al., 2022",
    ),
    MethodEntry(
        family="task weighting",
        name="task_balancing: uncertainty",
        summary="a learned variance a task",
        source="Kendall et al., 2018, equation 10",
    ),
    MethodEntry(
        family="task weighting",
        name="task_balancing: dynamic_weight_average",
        summary="tasks whose loss goes down slowly weigh more",
        source="Liu et al., 2019, equation 7",
    ),
    MethodEntry(
        family="task weighting",
        name="task_balancing: random_weights",
        summary="drawn anew every step: the control that a method has to beat",
        source="Lin et al., 2022, algorithm 1",
    ),
    MethodEntry(
        family="task weighting",
        name="task_balancing: gradnorm",
        summary="weights that bring the tasks' gradients to a common size",
        source="Chen et al., 2018, algorithm 1 and equation 2",
    ),
    MethodEntry(
        family="task gradients",
        name="task_balancing: pcgrad",
        summary="gradients without what they take from each other",
        source="Yu et al., 2020, algorithm 1 (TorchJD)",
    ),
    MethodEntry(
        family="task gradients",
        name="task_balancing: cagrad",
        summary="of the steps near the mean gradient the one best for the worst task",
        source="Liu et al., 2021, algorithm 1 (TorchJD)",
    ),
    MethodEntry(
        family="task gradients",
        name="task_balancing: mgda",
        summary="the shortest mean of the gradients",
        source="Sener and Koltun, 2018, equation 3 and algorithm 2 (TorchJD)",
    ),
    MethodEntry(
        family="task gradients",
        name="task_balancing: nash_mtl",
        summary="the step that tasks would agree on if they bargained",
        source="Navon et al., 2022, claim 3.1",
    ),
    MethodEntry(
        family="task gradients",
        name="task_balancing: famo",
        summary="losses go down at the same rate, from losses alone",
        source="Liu et al., 2023, algorithm 1",
    ),
    MethodEntry(
        family="task sampling",
        name="task_sampling_exponent",
        summary="the next batch's data set is drawn in proportion to n^tau",
        source="Arivazhagan et al., 2019, with tau = 1 / T",
    ),
)
