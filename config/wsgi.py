"""The WSGI application that the web server loads."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# Whatever is loaded now stays for good. Unless the collector is told so it walks through all of it again and again
# while a call with many elements is worked off, a fifth of that call's time.
_ = get_resolver().url_patterns
gc.freeze()
