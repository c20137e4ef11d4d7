"""A distilled set in the formats of other packages."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Self

from numpy.typing import ArrayLike

from keras_tgdd.arguments import PathLike
from keras_tgdd.synthetic.formats import benchmark_files
from keras_tgdd.synthetic.formats import published_normalization
from keras_tgdd.synthetic.formats.normalized_images import (
    check_images_and_labels,
)
from keras_tgdd.synthetic.formats.normalized_images import normalize
from keras_tgdd.synthetic.formats.normalized_images import undo_normalization
from keras_tgdd.synthetic.formats.published_normalization import (
    choose_constants,
)
from keras_tgdd.synthetic.formats.published_normalization import same_name
from keras_tgdd.synthetic.formats.tfds_files import write_tfds


class ForeignFormats:
    """Writes a `DistilledDataset` for other packages, and reads theirs.

    Benchmarks train on *normalized* tensors and test on real images that they
    normalize by constants of their own. So `normalization` names the data
    set, and its constants in that benchmark are taken, which need not be the
    set's own mean and standard deviation; `mean` and `std` are for data sets
    that the benchmark does not know.

    All of them get integer labels: soft labels stay behind.
    """

    def to_tfds(self, data_dir: PathLike, name: str) -> None:
        """Writes the decoded set as a data set of tensorflow-datasets.

        Afterwards `tfds.load(name, data_dir=data_dir, split="train")` reads
        it, anywhere and with `as_supervised=True` if wanted: features `image`,
        uint8 and losslessly compressed, and `label`, with the names of the
        classes; in the order of `to_numpy`. **Pixels are rounded to bytes**;
        `save` keeps them as they are. The last line of `info.description` is
        JSON with `mean`, `std` and `info`.

        Args:
            data_dir: path, created where missing.
            name: string of lower-case letters, digits and underscores, a
                letter first.

        Raises:
            ImportError: if tensorflow-datasets is not installed.
            FileExistsError: if `data_dir` has something of that name.
            OSError: if it cannot be written; then nothing is.
            ValueError: if the name is no such word or that of a known set,
                images have neither 1 nor 3 channels, or names of classes are
                empty, alike or of several lines.
        """
        facts = {
            "mean": self.mean.tolist(),
            "std": self.std.tolist(),
            "info": self.info,
        }
        x, y = self.to_numpy()
        write_tfds(data_dir, name, x, y, self.class_names, facts)

    def to_dd_ranking(
        self,
        directory: PathLike,
        normalization: str | None = None,
        mean: ArrayLike | None = None,
        std: ArrayLike | None = None,
    ) -> None:
        """Writes the decoded set as DD-Ranking reads it.

        Two tensors, in the order of `to_numpy`: `images.pt`, float32,
        normalized and channels first, and `labels.pt`, int64. Its evaluators
        take them as `compute_metrics(image_tensor=torch.load("images.pt"),
        hard_labels=torch.load("labels.pt"))`; those that take no labels need
        `ipc` to be the number of *decoded* images per class.

        Args:
            directory: path, created where missing. Files of these names in it
                are replaced.
            normalization: `"cifar10"`, `"cifar100"` (which has the constants
                of CIFAR-10 there), `"tiny_imagenet"` or `"imagenet"` (with
                its parts, such as Imagenette).
            mean: for another data set, floats of shape `(channels,)` in
                [0, 1] units, as real test images will be normalized.
            std: as `mean`.

        Raises:
            ImportError: if torch is not installed.
            OSError: if it cannot be written.
            ValueError: unless there is either a known `normalization` or
                both `mean` and `std`.

        References:
            - [Its constants](https://github.com/NUS-HPC-AI-Lab/DD-Ranking/blob/4df3a56d66fe641b3fe725cef1412b02f128ec5f/ddranking/utils/data.py)
            - [Its use](https://github.com/NUS-HPC-AI-Lab/DD-Ranking/blob/97082f6c30b6aac348b09e75031d4bd027cd99b2/demo_hard.py)
        """  # noqa: E501
        published = published_normalization.DD_RANKING
        constants = self._constants(published, normalization, mean, std)
        x, y = self.to_numpy()
        benchmark_files.write_dd_ranking(directory, normalize(x, *constants), y)

    def to_dc_benchmark(
        self,
        directory: PathLike,
        normalization: str | None = None,
        mean: ArrayLike | None = None,
        std: ArrayLike | None = None,
    ) -> None:
        """Writes the decoded set as DC-BENCH reads it.

        Two tensors, in the order of `to_numpy`: `images_best.pt`, float32,
        normalized and channels first, and `labels_best.pt`, int64. In
        `distilled_results/TM/CIFAR10/IPC10` its `evaluator.py --method tm
        --dataset CIFAR10 --ipc 10` finds them. Of Tiny ImageNet at 50 images
        per class it reads five of each, and gets them.

        Args:
            directory: path, created where missing. Files of these names in it
                are replaced.
            normalization: `"cifar10"`, `"cifar100"` or `"tiny_imagenet"`. Of
                the code it came from, `"svhn"`, `"mnist"`,
                `"fashion_mnist"`.
            mean: for another data set, floats of shape `(channels,)` in
                [0, 1] units, as real test images will be normalized.
            std: as `mean`.

        Raises:
            ImportError: if torch is not installed.
            OSError: if it cannot be written.
            ValueError: unless there is either a known `normalization` or
                both `mean` and `std`.

        References:
            - [Its constants](https://github.com/justincui03/dc_benchmark/blob/071901d430e8ca0b5d7e245da63af62d1164e7d2/evaluator/evaluator_utils.py)
            - [Its files](https://github.com/justincui03/dc_benchmark/blob/071901d430e8ca0b5d7e245da63af62d1164e7d2/data_loader/tm_data_loader.py)
        """  # noqa: E501
        published = published_normalization.DC_BENCHMARK
        constants = self._constants(published, normalization, mean, std)
        tiny = same_name(normalization or "", "tiny_imagenet")
        x, y = self.to_numpy()
        benchmark_files.write_dc_benchmark(
            directory,
            normalize(x, *constants),
            y,
            in_parts=tiny and self.images_per_class == 50,
        )

    @classmethod
    def from_dd_ranking(
        cls,
        directory: PathLike,
        normalization: str | None = None,
        mean: ArrayLike | None = None,
        std: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        clip: bool = False,
    ) -> Self:
        """Reads `images.pt` and `labels.pt` as DD-Ranking keeps them.

        Images are sorted by class and get back their pixels in [0, 1]; the
        constants become the set's `mean` and `std`. Nothing is unpickled.

        Args:
            directory: path of a folder with both files.
            normalization: as `to_dd_ranking`.
            mean: as `to_dd_ranking`.
            std: as `mean`.
            class_names: sequence of strings, one a class. `None` numbers
                them.
            clip: whether pixels outside [0, 1] are clipped, as most methods'
                need; by default they are an error. Rounding always is.

        Returns:
            `DistilledDataset` of factor 1.

        Raises:
            ImportError: if torch is not installed.
            FileNotFoundError: if a file is missing.
            ValueError: if a file is damaged or holds anything but one dense
                tensor, labels are not integers from 0 without a gap, or
                pixels are not in [0, 1] under these constants.
        """
        return cls._read(
            benchmark_files.read_dd_ranking,
            directory,
            published_normalization.DD_RANKING,
            (normalization, mean, std),
            class_names=class_names,
            clip=clip,
        )

    @classmethod
    def from_dc_benchmark(
        cls,
        path: PathLike,
        normalization: str | None = None,
        mean: ArrayLike | None = None,
        std: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        clip: bool = False,
    ) -> Self:
        """Reads a set as DC-BENCH keeps it.

        As `from_dd_ranking`, but for the files. A file that also holds NumPy
        numbers, as those that DC, DSA and DM write do, is refused: if you
        trust it, load it with torch and save `{"data": content["data"]}`.

        Args:
            path: path of a folder with `images_best.pt` and
                `labels_best.pt`, or of a file such as
                `res_DM_CIFAR10_ConvNet_10ipc.pt`, of which the last
                repetition is taken.
            normalization: as `to_dc_benchmark`.
            mean: as `to_dc_benchmark`.
            std: as `mean`.
            class_names: as `from_dd_ranking`.
            clip: as `from_dd_ranking`.

        Returns:
            `DistilledDataset` of factor 1.

        Raises:
            ImportError, FileNotFoundError, ValueError: as `from_dd_ranking`.
        """
        return cls._read(
            benchmark_files.read_dc_benchmark,
            path,
            published_normalization.DC_BENCHMARK,
            (normalization, mean, std),
            class_names=class_names,
            clip=clip,
        )

    @classmethod
    def from_idc(
        cls,
        filepath: PathLike,
        factor: int,
        normalization: str | None = None,
        mean: ArrayLike | None = None,
        std: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        clip: bool = False,
    ) -> Self:
        """Reads a file `data.pt` of IDC, a pair of images and labels.

        Its images are mosaics, not normalized, in [0, 1] but for the last
        steps that IDC takes before it writes them: those want `clip=True`.
        Nothing is unpickled.

        Args:
            filepath: path of the file.
            factor: positive int, `--factor` of its run; the file does not
                tell. Of its kinds of decoding, `single` is meant.
            normalization: whose constants networks on this set take, as its
                code has them: `"cifar10"`, `"cifar100"`, `"svhn"`, `"mnist"`,
                `"fashion_mnist"` or `"imagenet"`.
            mean: as `to_dd_ranking`.
            std: as `mean`.
            class_names: as `from_dd_ranking`.
            clip: as `from_dd_ranking`.

        Returns:
            `DistilledDataset` of that factor.

        Raises:
            ImportError, FileNotFoundError, ValueError: as `from_dd_ranking`.

        References:
            - [Its files](https://github.com/snu-mllab/Efficient-Dataset-Condensation/blob/086273cdd49826f6943b1eca4e94e7be80eb9eb6/condense.py)
            - [Its constants](https://github.com/snu-mllab/Efficient-Dataset-Condensation/blob/086273cdd49826f6943b1eca4e94e7be80eb9eb6/data.py)
        """  # noqa: E501
        return cls._read(
            benchmark_files.read_idc,
            filepath,
            published_normalization.IDC,
            (normalization, mean, std),
            class_names=class_names,
            clip=clip,
            factor=factor,
            normalized=False,
        )

    def _constants(self, published, normalization, mean, std):
        channels = self.image_shape[-1]
        return choose_constants(published, normalization, mean, std, channels)

    @classmethod
    def _read(
        cls,
        read: Callable,
        path: PathLike,
        published: Mapping,
        named: tuple,
        class_names: Sequence[str] | None,
        clip: bool,
        factor: int = 1,
        normalized: bool = True,
    ) -> Self:
        images, labels = read(path)
        check_images_and_labels(images, labels, path)
        mean, std = choose_constants(published, *named, images.shape[1])
        undone = (mean, std) if normalized else (0 * mean, std / std)
        x = undo_normalization(images, *undone, clip, path)
        return cls(
            x,
            labels=labels,
            class_names=class_names,
            factor=factor,
            mean=mean,
            std=std,
        )
