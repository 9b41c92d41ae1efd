"""The inspector: a page in the browser that shows the worlds of the mock while workers use them."""
