"""Distilled sets in the files of IDC."""

from collections.abc import Sequence

import numpy as np

from keras_tgdd.arguments import PathLike
from keras_tgdd.datasets.normalization import Normalization
from keras_tgdd.synthetic.distilled_dataset import DistilledDataset
from keras_tgdd.synthetic.formats.normalized_images import from_normalized
from keras_tgdd.synthetic.formats.published_normalization import IDC
from keras_tgdd.synthetic.formats.torch_files import read_torch_file
from keras_tgdd.synthetic.formats.torch_files import to_pair


def read_idc(
    filepath: PathLike,
    factor: int,
    normalization: str | Normalization,
    *,
    class_names: Sequence[str] | np.ndarray | None = None,
    clip: bool = False,
) -> DistilledDataset:
    """Reads a file `data.pt` of IDC, a pair of images and labels.

    Its images are mosaics, not normalized. IDC clips them to [0, 1], except
    after the last steps before it writes the file, so most files need
    `clip=True`. Nothing is unpickled.

    Args:
        filepath: path of the file.
        factor: positive int, the `--factor` of the IDC run, which the file
            does not store. Its decoding must be `single`.
        normalization: the constants that networks on this set apply, as in
            IDC's code: `"cifar10"`, `"cifar100"`, `"svhn"`, `"mnist"`,
            `"fashion_mnist"` or `"imagenet"`; or a `Normalization`.
        class_names: as for `read_dd_ranking`.
        clip: as for `read_dd_ranking`.

    Returns:
        `DistilledDataset` of that factor.

    Raises:
        ImportError, FileNotFoundError, TypeError, ValueError: as
            `read_dd_ranking`.

    References:
        - [Its files](https://github.com/snu-mllab/Efficient-Dataset-Condensation/blob/086273cdd49826f6943b1eca4e94e7be80eb9eb6/condense.py)
        - [Its constants](https://github.com/snu-mllab/Efficient-Dataset-Condensation/blob/086273cdd49826f6943b1eca4e94e7be80eb9eb6/data.py)
    """  # noqa: E501
    images, labels = to_pair(read_torch_file(filepath), filepath)
    x, constants = from_normalized(
        images,
        labels,
        IDC,
        normalization,
        clip=clip,
        path=filepath,
        normalized=False,
    )
    return DistilledDataset(
        x,
        labels,
        class_names=class_names,
        factor=factor,
        normalization=constants,
    )
