"""Methods of fine-tuning."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry

FINE_TUNING = (
    MethodEntry(
        family="fine-tuning",
        name="gradient_clip",
        summary="gradients are scaled down to a largest norm",
        source="Pascanu et al., 2013, algorithm 1",
    ),
    MethodEntry(
        family="fine-tuning",
        name="sam_radius",
        summary="the gradient where the loss nearby is largest",
        source="Foret et al., 2021, algorithm 1",
    ),
    MethodEntry(
        family="fine-tuning",
        name="l2_sp",
        summary="stages decay towards where they start",
        source="Li et al., 2018, equation 3",
    ),
    MethodEntry(
        family="fine-tuning",
        name="layer_decay",
        summary="early stages learn more slowly",
        source="Howard and Ruder, 2018, section 3.2",
    ),
    MethodEntry(
        family="fine-tuning",
        name="batch_norm: frozen_statistics",
        summary="unfrozen stages normalise by the statistics that they came with",
        source="Ioffe and Szegedy, 2015, algorithm 2",
    ),
    MethodEntry(
        family="fine-tuning",
        name="class_weighting: balanced",
        summary="all classes count alike in the loss",
        source="King and Zeng, 2001 (weighting)",
    ),
    MethodEntry(
        family="fine-tuning",
        name="ema_decay",
        summary="what is measured is a moving average of what is trained",
        source="Tarvainen and Valpola, 2017, section 2",
    ),
    MethodEntry(
        family="fine-tuning",
        name="wise_ft_alpha",
        summary="what is measured lies between the pretrained and the trained stages",
        source="Wortsman et al., 2022, equation 1",
    ),
    MethodEntry(
        family="fine-tuning",
        name="lora_rank, lora_layers, lora_alpha",
        summary="linear layers, and convolutions, learn changes of low rank, beside weights that stay",
        source="Hu et al., 2022, equation 3",
    ),
    MethodEntry(
        family="fine-tuning",
        name="adapter_width",
        summary="small layers behind blocks learn, which stay as they are",
        source="Bapna and Firat, 2019, figure 1",
    ),
    MethodEntry(
        family="fine-tuning",
        name="probe_epochs",
        summary="heads alone are trained at first, then the unfrozen stages too",
        source="Kumar et al., 2022, section 3.4",
    ),
    MethodEntry(
        family="fine-tuning",
        name="unfreeze_every",
        summary="stages are unfrozen one by one, the last one first",
        source="Howard and Ruder, 2018, section 3.3",
    ),
    MethodEntry(
        family="fine-tuning",
        name="mixup_alpha",
        summary="examples, or their features, are mixed two by two, and so are their losses",
        source="Zhang et al., 2018, section 2",
    ),
    MethodEntry(
        family="fine-tuning",
        name="cutmix_alpha",
        summary="a patch of each image is another one's, and so is its share of the loss",
        source="Yun et al., 2019, equations 1 and 2",
    ),
)
