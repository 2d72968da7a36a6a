"""What a saved model may be made of: classes of Keras that compute, and nothing that runs, reads or fetches."""

from __future__ import annotations

_LAYERS = """
    InputLayer Identity Dense EinsumDense Conv2D Conv2DTranspose DepthwiseConv2D SeparableConv2D
    Activation ReLU LeakyReLU PReLU ELU Softmax
    BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization
    MaxPooling2D AveragePooling2D GlobalMaxPooling1D GlobalAveragePooling1D GlobalMaxPooling2D GlobalAveragePooling2D
    ZeroPadding2D Cropping2D UpSampling2D Flatten Reshape Permute RepeatVector
    Add Subtract Multiply Average Maximum Minimum Concatenate Dot
    Dropout SpatialDropout2D GaussianDropout GaussianNoise
    MultiHeadAttention Rescaling Normalization Resizing CenterCrop RandomFlip RandomContrast RandomBrightness
"""
_INITIALIZERS = """
    Zeros Ones Constant Identity Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling
    GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform
"""
_ACTIVATIONS = """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign squareplus
    swish tanh tanh_shrink threshold
"""
_OPERATIONS = "Add Subtract Multiply Divide TrueDivide Negative Maximum Minimum Mean Max Concatenate Reshape Transpose"

MODELS = {("keras.src.models.functional", "Functional"), ("keras", "Functional"), ("keras", "Sequential")}
"""Module and name of the classes that hold layers."""

LAYERS = {("keras.layers", name) for name in _LAYERS.split()} | {
    ("keras.src.applications.convnext", "LayerScale"),
    ("keras.src.applications.convnext", "StochasticDepth"),
    ("keras.src.applications.inception_resnet_v2", "CustomScaleLayer"),
}
"""Module and name of the layers that are known to compute the same cached as not, and to do nothing else."""

OTHERS = (
    {("keras.initializers", name) for name in _INITIALIZERS.split()}
    | {("keras.src.ops.numpy", name) for name in _OPERATIONS.split()}
    | {("keras.regularizers", name) for name in ("L1", "L2", "L1L2", "OrthogonalRegularizer")}
    | {("keras.constraints", name) for name in ("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm")}
    | {("keras", "DTypePolicy")}
)
"""Module and name of what layers are described by, and of the operations between them."""

KERAS_TENSOR = "__keras_tensor__"
"""What a config calls a place in the graph."""

FUNCTION = "function"
"""What a config calls a function, which it then names."""

FUNCTION_MODULES = {"builtins", "keras.activations"}

FUNCTIONS = set(_ACTIVATIONS.split())
"""Activations that may be named."""
