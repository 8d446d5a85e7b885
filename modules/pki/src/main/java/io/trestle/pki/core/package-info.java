/**
 * The decisions of the PKI: what a certificate holds, which key is good, who may come in, how
 * often. No I/O, no Vert.x, no clock of its own; BouncyCastle is touched only to issue and to read
 * certificate requests.
 */
@NullMarked
package io.trestle.pki.core;

import org.jspecify.annotations.NullMarked;
