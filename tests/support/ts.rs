//! MPEG-TS, made and checked.
