#!/usr/bin/env python3
"""Django's command line for erpstaging."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["demo"]:  # it draws its own secrets, whatever server it is given
        os.environ.setdefault("ERPSTAGING_ENVIRONMENT", "demo")
    execute_from_command_line(sys.argv)
