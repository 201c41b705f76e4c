"""The public data sets that fewclicks knows: origin, terms, files with sizes and digests."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DataFile:
    """One published file; `digest` is "sha256:…" or "md5:…" with hexadecimal digits."""

    url: str
    size: int
    digest: str

    @property
    def name(self) -> str:
        """File name, the last part of the URL."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A public data set; `load` is the command that makes a project of it.

    `by_hand` says how to come by it where `files` is empty, because it has no address that always
    gives the same bytes.
    """

    name: str
    about: str
    n_items: int
    n_classes: int
    origin: str
    licence: str
    load: str
    files: tuple[DataFile, ...] = ()
    by_hand: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The entry as JSON-able data."""
        return asdict(self)


def _idx_files(base: str, *sizes_and_digests: tuple[int, str]) -> tuple[DataFile, ...]:
    """Return the four files of a set published like MNIST: train, then test; images, labels."""
    names = (
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    )
    return tuple(
        DataFile(base + name, size, f"sha256:{digest}")
        for name, (size, digest) in zip(names, sizes_and_digests, strict=True)
    )


def _load_idx(name: str) -> str:
    return (
        f"fewclicks new {name} FOLDER/train-images-idx3-ubyte.gz "
        "--labels FOLDER/train-labels-idx1-ubyte.gz"
    )


_ALL = (
    Dataset(
        name="mnist",
        about="handwritten digits, 28 × 28 grey",
        n_items=70_000,
        n_classes=10,
        origin="http://yann.lecun.com/exdb/mnist/ (LeCun, Cortes, Burges)",
        licence="CC BY-SA 3.0",
        load=_load_idx("mnist"),
        files=_idx_files(
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
    ),
    Dataset(
        name="fashion-mnist",
        about="articles of clothing, 28 × 28 grey",
        n_items=70_000,
        n_classes=10,
        origin="https://github.com/zalandoresearch/fashion-mnist (Xiao, Rasul, Vollgraf)",
        licence="MIT",
        load=_load_idx("fashion"),
        files=_idx_files(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
    ),
    Dataset(
        name="kmnist",
        about="cursive Japanese characters, 28 × 28 grey",
        n_items=70_000,
        n_classes=10,
        origin="https://github.com/rois-codh/kmnist (CODH)",
        licence="CC BY-SA 4.0",
        load=_load_idx("kmnist"),
        files=_idx_files(
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
            (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
            (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
            (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
        ),
    ),
    Dataset(
        name="gtsrb",
        about="German traffic signs, photos cut out of film, up to 250 pixels",
        n_items=26_640,
        n_classes=43,
        origin="https://benchmark.ini.rub.de (Stallkamp, Schlipsing, Salmen, Igel)",
        licence="free for research",
        load="fewclicks new signs FOLDER/GTSRB-Training_fixed.zip --labels folders",
        files=(
            DataFile(
                "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"
                "GTSRB-Training_fixed.zip",
                187_490_228,
                "md5:513f3c79a4c5141765e10e952eaa2478",
            ),
        ),
    ),
    Dataset(
        name="cifar10",
        about="tiny photos, 32 × 32",
        n_items=60_000,
        n_classes=10,
        origin="https://www.cs.toronto.edu/~kriz/cifar.html (Krizhevsky)",
        licence="none stated",
        load="fewclicks new cifar10 FOLDER",
        by_hand="it is published pickled; take a copy in Parquet files with image and label.",
    ),
    Dataset(
        name="letters",
        about="handwritten capitals A–Z, 28 × 28 grey",
        n_items=372_450,
        n_classes=26,
        origin="https://www.kaggle.com/datasets/sachinpatel21/az-handwritten-alphabets-in-csv-format",
        licence="CC0",
        load='fewclicks new letters "FOLDER/A_Z Handwritten Data.csv"',
        by_hand="it asks for an account there; download and unpack its CSV of pixels.",
    ),
    Dataset(
        name="clothing",
        about="photos of clothes, long-tailed, some marked “Not sure”",
        n_items=5_403,
        n_classes=20,
        origin="https://github.com/alexeygrigorev/clothing-dataset",
        licence="CC0",
        load="fewclicks new clothing FOLDER/images --labels FOLDER/images.csv",
        by_hand="clone the repository.",
    ),
)

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in _ALL}
"""Every data set by name."""
