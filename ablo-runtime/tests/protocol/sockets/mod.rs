//! Sections 4.4 to 6 and what of 7, 10 and 11 shows on a socket.
