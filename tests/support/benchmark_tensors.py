"""Images as benchmarks keep them, and back again."""

import numpy as np

# As the evaluators have them.
CIFAR10 = [0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]
CIFAR100 = [0.5071, 0.4866, 0.4409], [0.2673, 0.2564, 0.2762]
IMAGENET = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
# float32, there and back.
EXACT = dict(rtol=0, atol=5e-7)


def undone(tensor, constants):
    """Pixels, channels last, of a tensor that a benchmark trains on."""
    mean, std = (np.array(c)[:, None, None] for c in constants)
    return (tensor.numpy() * std + mean).transpose(0, 2, 3, 1)


def assert_same_images(tensor, labels, constants, distilled):
    """Holds what a benchmark reads against the decoded set."""
    x, y = distilled.to_numpy()
    assert str(tensor.dtype) == "torch.float32"
    assert str(labels.dtype) == "torch.int64"
    n, height, width, channels = x.shape
    assert tensor.shape == (n, channels, height, width)
    assert tensor.is_contiguous()
    np.testing.assert_allclose(undone(tensor, constants), x, **EXACT)
    assert labels.tolist() == y.tolist()
