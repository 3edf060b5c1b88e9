/*
 * flat_form.h
 *		The first byte of every digest, after PostgreSQL's length word: which
 *		of its two forms the value has.  A form whose layout changes gets a new
 *		number; the old one stays readable.
 */
#ifndef LOYALTY_KERNEL_FLAT_FORM_H
#define LOYALTY_KERNEL_FLAT_FORM_H

#define FLAT_FORM_PACKED	1	/* as it is stored */
#define FLAT_FORM_LOG		2	/* while it grows: the state of an aggregate */

#endif							/* LOYALTY_KERNEL_FLAT_FORM_H */
