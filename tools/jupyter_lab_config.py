"""How `make lab` starts JupyterLab: for this machine alone, with a token, nothing from outside."""

from pathlib import Path

c = get_config()  # noqa: F821 - JupyterLab puts it here

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_root = True  # in a container one often is root, and only this machine is served
c.ServerApp.log_level = "WARN"  # the address to open is shown all the same
c.LabApp.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
c.LabApp.news_url = None
c.LabApp.extension_manager = "readonly"
c.LabApp.app_settings_dir = str(Path(__file__).parent / "lab_settings")
