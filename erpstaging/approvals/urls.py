"""The addresses of the pages.

Everything of a company stands below `/c/<company_id>/`, with these names: `company` (the way in), `queue`, `mine`,
`staged` (staged/<id>/), `export` (exports/<id>/), `records` (home of project people, and with `?item_type=` one list),
`new_record` (records/new/<item_type>/), `record` (records/<id>/) and `edit_record` (records/<id>/edit/). An act has the
address of its object and its own word, such as exports/<id>/accept/.
"""

from django.urls import path

from erpstaging.approvals.views.accounts import ChooseTheme, SignIn, SignOut
from erpstaging.approvals.views.start import CompanyStart, LatestCompany

app_name = "approvals"
urlpatterns = [
    path("accounts/login/", SignIn.as_view(), name="sign_in"),
    path("accounts/logout/", SignOut.as_view(), name="sign_out"),
    path("accounts/theme/", ChooseTheme.as_view(), name="theme"),
    path("queue/", LatestCompany.as_view(), name="latest"),
    path("c/<int:company_id>/", CompanyStart.as_view(), name="company"),
]
