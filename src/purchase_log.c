/*
 * purchase_log.c
 *		Growing digests: memory for the kernel's purchase_log, and the packed
 *		value in the end.
 */
#include "purchase_digest.h"

#include "miscadmin.h"

#include "report.h"

uint32
purchase_log_capacity(const purchase_log *log)
{
	return purchase_log_room(VARSIZE(log), log->wide);
}

purchase_log *
purchase_log_make(uint64 days, bool wide)
{
	Size		size = flat_state_size(purchase_log_size(days, wide), "purchase_digest");
	purchase_log *log = palloc(size);

	memset(log, 0, PURCHASE_LOG_HEADER);	/* the unused bits of its flags too */
	SET_VARSIZE(log, size);
	purchase_log_init(log, wide);
	return log;
}

purchase_log *
purchase_log_grow(const purchase_log *log, loyalty_status status)
{
	purchase_log *larger;

	CHECK_FOR_INTERRUPTS();
	if (status == LOYALTY_WIDE)
		larger = purchase_log_make((uint64) log->count + 1, true);
	else
		larger = purchase_log_make((uint64) purchase_log_capacity(log) + 1, log->wide);
	purchase_log_move(log, larger);
	return larger;
}

purchase_log *
purchase_log_append(purchase_log *log, purchase_day day, int scale, int display)
{
	loyalty_status status;

	while (asks_to_grow(status = purchase_log_add_day(log, purchase_log_capacity(log), day, scale, display)))
		log = purchase_log_grow(log, status);
	report_unless_ok(status);
	return log;
}

struct varlena *
purchase_digest_from_log(purchase_log *log)
{
	loyalty_status status;
	purchase_packing plan;
	struct varlena *result;

	while (asks_to_grow(status = purchase_log_order(log)))
		log = purchase_log_grow(log, status);
	report_unless_ok(status);
	purchase_digest_plan(log, &plan);
	result = palloc(VARHDRSZ + plan.size);
	SET_VARSIZE(result, VARHDRSZ + plan.size);
	purchase_digest_pack(log, &plan, (uint8 *) VARDATA(result));
	return result;
}
