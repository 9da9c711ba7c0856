"""The WSGI application that the web server loads."""

import gc
import multiprocessing
import os
import signal

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

# A worker of the server inherits its main process's handlers, which do nothing in it, and gets its own once this module
# is loaded. A request to stop that comes meanwhile would be lost, and the stop last as long as the server is patient.
if multiprocessing.parent_process() is not None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# Whatever is loaded now stays for good. Unless the collector is told so it walks through all of it again and again
# while a call with many elements is worked off, a fifth of that call's time.
_ = get_resolver().url_patterns
gc.freeze()
