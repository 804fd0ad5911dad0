//! Chunks: nobody fills one that somebody looks at.
