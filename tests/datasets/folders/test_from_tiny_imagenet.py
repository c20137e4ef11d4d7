import numpy as np
import pytest
from support.pictures import write_picture

from keras_tgdd import datasets

# No backend takes part.
pytestmark = pytest.mark.once


FISH, TOAD, BUS = "n01443537", "n01644900", "n04146614"
COLORS = {FISH: (250, 0, 0), TOAD: (0, 250, 0), BUS: (0, 0, 250)}
LINES = [
    f"val_0.JPEG\t{BUS}\t0\t32\t44\t62",
    f"val_1.JPEG\t{FISH}\t52\t55\t57\t59",
    f"val_2.JPEG\t{TOAD}\t4\t0\t60\t55",
    f"val_10.JPEG\t{FISH}\t0\t0\t63\t63",
]


def read(directory, **changes):
    arguments = dict(image_size=8, verbose=0)
    return datasets.from_tiny_imagenet(directory, **{**arguments, **changes})


def annotate(directory, *lines):
    path = directory / "val" / "val_annotations.txt"
    path.write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def tiny(tmp_path):
    """Three classes, laid out as the archive is."""
    root = tmp_path / "tiny-imagenet-200"
    for wnid, color in COLORS.items():
        folder = root / "train" / wnid
        for number in range(2):
            path = folder / "images" / f"{wnid}_{number}.JPEG"
            write_picture(path, color, size=(64, 64))
        (folder / f"{wnid}_boxes.txt").write_text(
            f"{wnid}_0.JPEG\t0\t0\t9\t9\n"
        )
    for line in LINES:
        name, wnid = line.split("\t")[:2]
        write_picture(root / "val" / "images" / name, COLORS[wnid], (64, 64))
    annotate(root, *LINES)
    # The archive's list is in no order.
    (root / "wnids.txt").write_text(f"{BUS}\n{FISH}\n{TOAD}\n")
    (root / "words.txt").write_text(
        f"n00001740\tentity\n{FISH}\tgoldfish, Carassius auratus\n"
        f"{TOAD}\ttailed frog, bell toad\n"
    )
    write_picture(root / "test" / "images" / "test_0.JPEG", "white")
    return root


def check_colors(x, y, order=(FISH, TOAD, BUS)):
    expected = np.array([COLORS[order[label]] for label in y])
    np.testing.assert_allclose(x[:, 4, 4], expected, atol=4)


def test_the_archive_as_it_unpacks(tiny):
    data = read(tiny)
    assert data.name == "tiny_imagenet" and data.flip
    assert data.class_names == ("goldfish", "tailed frog", BUS)
    assert data.x_train.shape == (6, 8, 8, 3) and data.x_train.dtype == np.uint8
    assert data.y_train.tolist() == [0, 0, 1, 1, 2, 2]
    assert data.y_test.tolist() == [0, 0, 1, 2]
    assert data.y_train.dtype == data.y_test.dtype == np.int64
    check_colors(data.x_train, data.y_train)
    check_colors(data.x_test, data.y_test)


def test_images_are_kept_at_64_pixels(tiny):
    data = datasets.from_tiny_imagenet(tiny, verbose=0)
    assert data.image_shape == (64, 64, 3)


def test_some_classes_in_the_order_given(tiny):
    data = read(tiny, classes=[BUS, FISH])
    assert data.class_names == (BUS, "goldfish")
    assert data.y_train.tolist() == [0, 0, 1, 1]
    assert data.y_test.tolist() == [0, 1, 1]
    check_colors(data.x_train, data.y_train, (BUS, FISH))
    check_colors(data.x_test, data.y_test, (BUS, FISH))


def test_without_lists_folders_are_classes_and_ids_are_names(tiny):
    (tiny / "wnids.txt").unlink()
    (tiny / "words.txt").unlink()
    (tiny / "train" / "notes").mkdir()
    assert read(tiny).class_names == (FISH, TOAD, BUS)


@pytest.mark.parametrize("at", ["val", "val/images"])
def test_validation_images_sorted_into_folders(tiny, at):
    for line in LINES:
        name, wnid = line.split("\t")[:2]
        target = tiny / at / wnid / name
        target.parent.mkdir(exist_ok=True)
        (tiny / "val" / "images" / name).rename(target)
    # The annotations now name files that have moved.
    data = read(tiny)
    assert data.y_test.tolist() == [0, 0, 1, 2]
    check_colors(data.x_test, data.y_test)
    (tiny / at / TOAD / "val_2.JPEG").unlink()
    (tiny / at / TOAD).rmdir()
    with pytest.raises(FileNotFoundError, match=f"no folder of {TOAD}"):
        read(tiny)


def test_grey_and_corrupt_images(tiny):
    write_picture(tiny / "val" / "images" / "val_1.JPEG", 77, (64, 64), "L")
    broken = tiny / "train" / TOAD / "images" / f"{TOAD}_1.JPEG"
    broken.write_text("no image")
    with pytest.warns(UserWarning, match=rf"\(1\):\s.*{TOAD}_1.JPEG") as found:
        data = read(tiny)
    assert found[0].filename == __file__
    assert data.y_train.tolist() == [0, 0, 1, 2, 2]
    assert (77, 77, 77) in set(map(tuple, data.x_test[:, 4, 4].tolist()))


@pytest.mark.parametrize(
    "name",
    [
        "../images/val_0.JPEG",
        "../../secret.JPEG",
        "..\\..\\secret.JPEG",
        "{outside}",
        "C:secret.JPEG",
        "sub/val_0.JPEG",
        "..",
        "",
        "val_0.txt",
    ],
)
def test_annotations_lead_to_no_other_folder(tiny, name):
    outside = tiny.parent / "secret.JPEG"
    write_picture(outside, "white")
    name = name.format(outside=outside)
    annotate(tiny, *LINES, f"{name}\t{FISH}\t0\t0\t9\t9")
    with pytest.raises(ValueError, match="file of the folder 'images'.*line 5"):
        read(tiny)


@pytest.mark.parametrize(
    "line, message",
    [
        (f"val_3.JPEG {FISH}", "image file of the folder.*line 5"),
        ("val_3.JPEG", "a class of wnids.txt.*line 5"),
        ("val_3.JPEG\tn00001740\t0", "a class of wnids.txt.*n00001740.*line 5"),
        ("val_3.JPEG\t../train\t0", "a class of wnids.txt.*line 5"),
        (f"val_1.JPEG\t{BUS}\t0", "each image once.*val_1.JPEG.*line 5"),
    ],
)
def test_other_annotations_are_refused(tiny, line, message):
    annotate(tiny, *LINES, line)
    with pytest.raises(ValueError, match=message):
        read(tiny)


def test_annotated_images_that_are_missing_are_listed(tiny):
    annotate(tiny, *LINES, f"val_3.JPEG\t{FISH}", f"val_4.JPEG\t{BUS}")
    with pytest.raises(
        FileNotFoundError, match=r"no file val_3.JPEG, val_4.JPEG\."
    ):
        read(tiny)


def test_many_missing_images_are_counted(tiny):
    lines = [f"more_{number}.JPEG\t{FISH}" for number in range(30)]
    annotate(tiny, *LINES, *lines)
    with pytest.raises(FileNotFoundError, match="and 10 more"):
        read(tiny)


def test_images_without_annotation_are_named_and_left_out(tiny):
    annotate(tiny, "", *LINES[:3])
    with pytest.warns(UserWarning, match=r"\(1\): val_10.JPEG") as found:
        data = read(tiny)
    assert found[0].filename == __file__
    assert data.y_test.tolist() == [0, 1, 2]


def test_a_class_without_test_images_is_refused(tiny):
    annotate(tiny, *LINES[1:])
    with pytest.warns(UserWarning, match="val_0.JPEG"):
        with pytest.raises(ValueError, match=f"too few in .'{BUS}'.*val"):
            read(tiny)


def test_missing_classes_are_listed(tiny):
    with pytest.raises(FileNotFoundError, match="no folder of n00001740"):
        read(tiny, classes=[FISH, "n00001740"])
    (tiny / "wnids.txt").write_text(f"{FISH}\n{TOAD}\n{BUS}\nn00000001\n")
    with pytest.raises(FileNotFoundError, match="4 classes.*n00000001"):
        read(tiny)


def test_lists_and_classes_that_are_no_ids_are_refused(tiny):
    with pytest.raises(ValueError, match="`classes`.*sequence.*'bus'"):
        read(tiny, classes="bus")
    with pytest.raises(ValueError, match="`classes`.*eight digits.*'bus'"):
        read(tiny, classes=["bus", FISH])
    (tiny / "wnids.txt").write_text(f"{FISH}\n../val\n")
    with pytest.raises(ValueError, match="`wnids.txt`.*'../val'"):
        read(tiny)


def test_other_directories_are_refused(tiny):
    with pytest.raises(FileNotFoundError, match="'train' and no folder 'val'"):
        read(tiny.parent)
    (tiny / "val" / "val_annotations.txt").unlink()
    with pytest.raises(FileNotFoundError, match="neither. Unpack"):
        read(tiny)
    with pytest.raises(ValueError, match="image_size=-1"):
        read(tiny, image_size=-1)
