"""Distilled sets in the formats of other packages.

Benchmarks train on *normalized* images, and test on real images that they
normalize by constants of their own, which need not be the mean and standard
deviation of the data set. So the functions for a benchmark take a
`normalization`: the name of a data set, for the benchmark's constants, or a
`keras_tgdd.Normalization` for a data set that the benchmark does not know.

All formats use integer labels; soft labels are not written.
"""

from keras_tgdd.synthetic.formats.dc_benchmark import read_dc_benchmark
from keras_tgdd.synthetic.formats.dc_benchmark import write_dc_benchmark
from keras_tgdd.synthetic.formats.dd_ranking import read_dd_ranking
from keras_tgdd.synthetic.formats.dd_ranking import write_dd_ranking
from keras_tgdd.synthetic.formats.idc import read_idc
from keras_tgdd.synthetic.formats.tfds_files import write_tfds

__all__ = [
    "read_dc_benchmark",
    "read_dd_ranking",
    "read_idc",
    "write_dc_benchmark",
    "write_dd_ranking",
    "write_tfds",
]
