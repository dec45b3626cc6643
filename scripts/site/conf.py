"""Settings of Sphinx for the site; `scripts.site.__main__` lays out the folder of pages that it reads."""

from __future__ import annotations

from importlib.metadata import version as version_of

from sphinx.application import Sphinx

project = "eesclient"
author = "The eesclient authors"
copyright = "The eesclient authors"
release = version_of("eesclient")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
root_doc = "index"
exclude_patterns: list[str] = []
nitpicky = False  # types of other libraries have no page here

myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # code hosts are as lenient about levels of headings

# Docstrings are Google's, and `one` backtick is code in them.
default_role = "code"
napoleon_use_ivar = True
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = True
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = "eesclient"
html_favicon = "static/favicon.svg"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
copybutton_exclude = ".linenos, .gp, .go"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# `sphinx-build -b linkcheck` alone leaves the machine.
linkcheck_ignore = [r"\.\./errors\.html#"]  # those inside are looked up in what was built
linkcheck_timeout = 20
linkcheck_retries = 2


def complete(_app: Sphinx, what: str, _name: str, item: object, _options: object, lines: list[str]) -> None:
    """Add to an error what its code is; keep a colon in the first line of an attribute from being taken for a type."""
    if what in {"attribute", "data", "property"}:
        lines[:0] = ["..", ""]
    elif what in {"class", "exception"} and str(code := getattr(item, "code", "")).startswith("EES-"):
        lines += ["", f"Its code is `{code} <../errors.html#{code.lower()}>`__.", ""]


def setup(app: Sphinx) -> None:
    """Have docstrings completed before napoleon reads them."""
    app.connect("autodoc-process-docstring", complete, priority=400)
