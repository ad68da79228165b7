"""How `make lab` starts JupyterLab: for this machine alone, with a token, nothing from outside."""

from pathlib import Path

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sends each message at once.

    By default a small message waits until the page has acknowledged the one before (Nagle's
    algorithm), which holds a picture back by 10 to 40 ms after the hand moved.
    """

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()


c = get_config()  # noqa: F821 - JupyterLab puts it here

c.ServerApp.ip = "127.0.0.1"
c.ServerApp.allow_root = True  # in a container one often is root, and only this machine is served
c.ServerApp.log_level = "WARN"  # the address to open is shown all the same
c.ServerApp.kernel_websocket_connection_class = PromptConnection
c.LabApp.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
c.LabApp.news_url = None
c.LabApp.extension_manager = "readonly"
c.LabApp.app_settings_dir = str(Path(__file__).parent / "lab_settings")
