//! What is served over HTTP: whether heikin is well, and how it stands.
