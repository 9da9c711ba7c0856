"""ERP requests and request details: what is asked of the integrator, and how that is going."""
