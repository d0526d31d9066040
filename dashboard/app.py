"""The dashboard's entry: `streamlit run dashboard/app.py`, or `st.App` on a Starlette server."""

import sys
from pathlib import Path

import streamlit as st

HERE = Path(__file__).resolve().parent
if str(HERE.parent) not in sys.path:  # Streamlit adds the script's own folder only
    sys.path.insert(0, str(HERE.parent))

st.set_page_config(
    page_title="dq-monitor", page_icon=str(HERE / "assets" / "icon.svg"), layout="wide"
)
# A folder named `pages` would be served by itself to whoever opens a deep link first.
st.navigation(
    [
        st.Page("screens/overview.py", title="Overview", icon=":material/dashboard:", default=True),
        st.Page("screens/failures.py", title="Failures", icon=":material/report:"),
        st.Page("screens/table.py", title="Table", icon=":material/table_chart:"),
        st.Page("screens/lineage.py", title="Lineage", icon=":material/account_tree:"),
    ],
    position="top",
).run()
