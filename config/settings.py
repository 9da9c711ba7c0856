"""All settings, read from the environment. A missing or unsafe value stops the start."""

from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("ERPSTAGING_DATA_DIR", str(BASE_DIR / "var"))).resolve()

ENVIRONMENT = env.text("ERPSTAGING_ENVIRONMENT", "production")
if ENVIRONMENT not in {"production", "demo", "development", "test"}:
    raise ImproperlyConfigured("ERPSTAGING_ENVIRONMENT must be production, demo, development or test.")
PRODUCTION = ENVIRONMENT == "production"

# Where people and integrators reach the service; links in mails and pages of lists are built from it.
BASE_URL = env.text("ERPSTAGING_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
_base = urlsplit(BASE_URL)
LOOPBACK = _base.hostname in {"127.0.0.1", "localhost", "::1"}
SECURE = _base.scheme == "https"

# Database: the application's role by default, the owner's for migrations (see docs/decisions/database-roles.md).
_app_address, _owner_address = env.database_addresses(DATA_DIR)
EMBEDDED = not env.text("DATABASE_URL") and not env.text("ERPSTAGING_OWNER_DATABASE_URL")
_connection = {
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
}
# lock_timeout and statement_timeout: reliability promises that a request never hangs on somebody else's lock.
_timeouts = "-c lock_timeout=3s -c statement_timeout=10s -c idle_in_transaction_session_timeout=15s"
# Statements that a connection keeps (core/sets.py) find their rows by keys: one plan does for all values.
_plans = "-c plan_cache_mode=force_generic_plan"


def _database(address: str, options: str) -> dict[str, object]:
    parsed = env.database(address)
    # A server that does not even refuse the connection is told as away in time.
    parsed["OPTIONS"].setdefault("connect_timeout", 3)
    # Statements whose text never changes (core/sets.py) are planned once per connection.
    parsed["OPTIONS"].setdefault("prepare_threshold", 5)
    parsed["OPTIONS"]["options"] = f"{parsed['OPTIONS'].get('options', '')} {options}".strip()
    return {**_connection, **parsed}


DATABASES = {"default": _database(_app_address, f"{_timeouts} {_plans}")}
if _owner_address != _app_address:
    DATABASES["owner"] = _database(_owner_address, "")
    DATABASES["owner"]["TEST"] = {"MIRROR": "default"}

SECRET_KEY = env.secret_key(DATA_DIR, may_draw=EMBEDDED or ENVIRONMENT == "demo")
DEBUG = env.flag("ERPSTAGING_DEBUG", default=False)
ALLOWED_HOSTS = env.words("ERPSTAGING_ALLOWED_HOSTS", f"{_base.hostname},localhost,127.0.0.1,[::1]")
if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("ERPSTAGING_DEBUG shows internals; it must be off in production.")
    if len(SECRET_KEY) < env.MINIMUM_SECRET_LENGTH or "insecure" in SECRET_KEY or len(set(SECRET_KEY)) < 10:
        raise ImproperlyConfigured(
            f"ERPSTAGING_SECRET_KEY must be a random text of {env.MINIMUM_SECRET_LENGTH} characters or more."
        )
    if "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ERPSTAGING_ALLOWED_HOSTS must name hosts; * is refused in production.")
    if not SECURE and not LOOPBACK:
        raise ImproperlyConfigured("ERPSTAGING_BASE_URL must be https, unless it is a loopback address.")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "django_cotton",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "oauth2_provider",
    "rest_framework",
    "erpstaging.core",
    "erpstaging.companies",
    "erpstaging.audit",
    "erpstaging.outbox",
    "erpstaging.notices",
    "erpstaging.connections",
    "erpstaging.records",
    "erpstaging.erp_requests",
    "erpstaging.staging",
    "erpstaging.hooks",
    "erpstaging.api",
    "erpstaging.approvals",
    "erpstaging.demo",
]

MIDDLEWARE = [
    "erpstaging.core.middleware.CorrelationMiddleware",
    "erpstaging.core.compression.CompressPages",
    "erpstaging.api.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "erpstaging.approvals.languages.PageLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
        },
    }
]
COTTON_DIR = "components"

# Language and time: UTC in the database, the company's zone on screen. Only pages and mails speak another language than
# English; a language's name is written in that language.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "erpstaging" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "companies.User"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/queue/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = [
    *(["erpstaging.companies.hashers.DemoPasswordHasher"] if ENVIRONMENT == "demo" else []),
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    # For client secrets alone: 128 random characters need no slow hash.
    "erpstaging.companies.hashers.ClientSecretHasher",
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "erpstaging.approvals.views.errors.csrf_failure"

# Transport
# The API over plain HTTP is refused and not redirected (api/middleware.py), so Django need not ask for a redirect.
SECURE_SSL_REDIRECT = False
SILENCED_SYSTEM_CHECKS = ["security.W008"]
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
# Our own proxy sets X-Forwarded-Proto and the last X-Forwarded-For; without it both are ignored.
BEHIND_PROXY = env.flag("ERPSTAGING_BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# While this file lies there /readyz says that this server is to be passed over.
DRAIN_FILE = env.text("ERPSTAGING_DRAIN_FILE")

# Bodies
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
MAX_BODY_BYTES = env.whole("ERPSTAGING_MAX_BODY_BYTES", 2 * 1024 * 1024, minimum=1024)
MAX_SYNC_BODY_BYTES = env.whole("ERPSTAGING_MAX_SYNC_BODY_BYTES", 10 * 1024 * 1024, minimum=1024)
MAX_SYNC_ELEMENTS = env.whole("ERPSTAGING_MAX_SYNC_ELEMENTS", 1000, minimum=1)
MAX_CHILDREN = env.whole("ERPSTAGING_MAX_CHILDREN", 500, minimum=1)

# OAuth 2
OAUTH2_PROVIDER_APPLICATION_MODEL = "companies.ServiceAccount"
OAUTH2_PROVIDER = {
    "APPLICATION_MODEL": "companies.ServiceAccount",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 5400,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 600,
    "SCOPES": {
        "read": "Read what the companies named on the account hold",
        "write": "Change it",
        "erp": "Act as the ERP integration",
    },
    "OAUTH2_BACKEND_CLASS": "erpstaging.companies.oauth.JSONOrFormCore",
    "OAUTH2_VALIDATOR_CLASS": "erpstaging.companies.oauth.SecretValidator",
    "SCOPES_BACKEND_CLASS": "erpstaging.companies.oauth.AccountScopes",
    "CLIENT_SECRET_HASHER": "client_secret",
    "PKCE_REQUIRED": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}

# REST
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["erpstaging.api.permissions.Nobody"],
    "DEFAULT_PARSER_CLASSES": ["erpstaging.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["erpstaging.api.renderers.WireJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "erpstaging.api.renderers.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "erpstaging.api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "erpstaging",
    "DESCRIPTION": "Stages ERP objects for accounting approval, on the wire of Procore's ERP API.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Hundreds of calls: a reader opens the group he wants, and finds one by its name.
    "SWAGGER_UI_SETTINGS": {
        "docExpansion": "none",
        "defaultModelsExpandDepth": -1,
        "deepLinking": True,
        "filter": True,
    },
}
RATE_LIMIT_HOURLY = env.whole("ERPSTAGING_RATE_LIMIT_HOURLY", 3600)
RATE_LIMIT_SPIKE = env.whole("ERPSTAGING_RATE_LIMIT_SPIKE", 100)
IDEMPOTENCY_DAYS = env.whole("ERPSTAGING_IDEMPOTENCY_DAYS", 30, minimum=1)
IDEMPOTENCY_WAIT_SECONDS = env.number("ERPSTAGING_IDEMPOTENCY_WAIT_SECONDS", 3.0, minimum=0.1, maximum=9)
REQUIRE_COMPANY_HEADER = env.flag("ERPSTAGING_REQUIRE_COMPANY_HEADER", default=False)

# Approval
UNDO_SECONDS = env.whole("ERPSTAGING_UNDO_SECONDS", 10, maximum=60)

# How often the integration is asked for news of each linked job; 0 switches it off.
JOB_SYNC_HOURS = env.whole("ERPSTAGING_JOB_SYNC_HOURS", 24, maximum=24 * 365)
# Values of these names in received bodies are shown to nobody but ERP administrators.
MASKED_FIELDS = env.words(
    "ERPSTAGING_MASKED_FIELDS",
    "iban,bic,swift_code,bank_account,bank_account_number,account_number,routing_number,ssn,social_security_number,"
    "tax_id,password,secret,client_secret,token,access_token,api_key",
)

# Webhooks
EGRESS_ALLOW = [ip_network(network) for network in env.words("ERPSTAGING_EGRESS_ALLOW")]
# Within these, and nowhere else, a company's own administrators may open networks for its hooks; empty: none may.
EGRESS_COMPANIES_MAY_OPEN = [
    ip_network(network)
    for network in env.words("ERPSTAGING_EGRESS_COMPANIES_MAY_OPEN", "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7")
]
WEBHOOK_TIME_FACTOR = env.number("ERPSTAGING_WEBHOOK_TIME_FACTOR", 1.0, minimum=0.0001, maximum=1.0)
WEBHOOK_LEASE_SECONDS = env.number("ERPSTAGING_WEBHOOK_LEASE_SECONDS", 20, minimum=0.5, maximum=600)
WEBHOOK_RETRY_DAYS = env.number("ERPSTAGING_WEBHOOK_RETRY_DAYS", 3, minimum=0.01, maximum=30)
# How long the event feed reaches back.
EVENT_DAYS = env.whole("ERPSTAGING_EVENT_DAYS", 90, minimum=1)
# How long a hook's replaced secret signs beside the new one.
WEBHOOK_SECRET_OVERLAP_HOURS = env.number("ERPSTAGING_WEBHOOK_SECRET_OVERLAP_HOURS", 24, minimum=0, maximum=24 * 90)
FIELD_KEYS = env.words("ERPSTAGING_FIELD_KEYS")

# Celery only shortens the wait: every task looks at the database for what is due.
BROKER_DIR = DATA_DIR / "broker"
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", "filesystem://localhost//")
if CELERY_BROKER_URL.startswith("filesystem"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.1,
    }
elif CELERY_BROKER_URL.startswith("redis"):
    # Redis gives a message out again after visibility_timeout: that is longer than any task.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 5, "socket_connect_timeout": 3}
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "erpstaging"
# Nothing to remember between two starts, so nothing to lock or to mend: any number of them may run at once.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
# A worker that is told to stop for good lets the longest delivery end.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 40
SWEEP_SECONDS = 2.0
# Without a retry the scheduler would stay on a connection that broke, for ever; it has nothing else to do than to wait.
_until_the_broker_is_back = {"retry": True, "retry_policy": {"max_retries": None}, "confirm_timeout": 5, "expires": 10}
CELERY_BEAT_SCHEDULE = {
    name: {"task": f"erpstaging.{name}", "schedule": SWEEP_SECONDS, "options": _until_the_broker_is_back}
    for name in ("staging.sweep", "staging.bulk", "hooks.sweep", "notices.sweep")
}
CELERY_BEAT_SCHEDULE["staging.remind"] = {
    "task": "erpstaging.staging.remind",
    "schedule": SWEEP_SECONDS * 10,
    "options": _until_the_broker_is_back,
}

# Mail
EMAIL_BACKEND = env.text(
    "ERPSTAGING_EMAIL_BACKEND",
    "django.core.mail.backends.filebased.EmailBackend" if EMBEDDED else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_HOST = env.text("ERPSTAGING_EMAIL_HOST", "localhost")
EMAIL_PORT = env.whole("ERPSTAGING_EMAIL_PORT", 25, minimum=1, maximum=65535)
EMAIL_HOST_USER = env.text("ERPSTAGING_EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("ERPSTAGING_EMAIL_PASSWORD")
EMAIL_USE_TLS = env.flag("ERPSTAGING_EMAIL_TLS", default=False)
EMAIL_TIMEOUT = 10
# Subjects of mails stand in previews and on locked screens: amounts are in them only where this is on.
MAIL_AMOUNTS_IN_SUBJECT = env.flag("ERPSTAGING_MAIL_AMOUNTS_IN_SUBJECT", default=False)
DEFAULT_FROM_EMAIL = env.text("ERPSTAGING_EMAIL_FROM", f"erpstaging@{_base.hostname}")

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static-collected"
WHITENOISE_USE_FINDERS = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"correlation": {"()": "erpstaging.core.correlation.LogFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(correlation_id)s] %(message)s"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["correlation"]},
    },
    "root": {"handlers": ["console"], "level": env.text("ERPSTAGING_LOG_LEVEL", "INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "CRITICAL"}},
}
