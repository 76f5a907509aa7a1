"""Files that rows become: no service is asked for them."""
