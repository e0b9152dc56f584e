"""onnx.checker over the models of packages, full check with shape inference: checker.py EXPECTED.json (python3-onnx reads opset 17, IR 8)."""
import json
import os
import sys

import onnx

packages = [package["path"] for package in json.load(open(sys.argv[1]))["packages"]]
failed = 0
for package in packages:
    path = os.path.join(package, "onnx", "model.onnx")
    try:
        onnx.checker.check_model(onnx.load(path), full_check=True)
        print(f"ok     {os.path.basename(package)}: onnx.checker {onnx.__version__}")
    except Exception as error:  # whatever the checker raises is a fault of the model
        failed += 1
        print(f"FAILED {os.path.basename(package)}: onnx.checker: {str(error).splitlines()[0]}")
print(f"{len(packages) - failed} passed, {failed} failed")
sys.exit(1 if failed or not packages else 0)
