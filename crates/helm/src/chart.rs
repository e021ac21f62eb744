//! Charts: files of a folder or an archive, and what they say.
