/* Monthly averages and their direction. */
#include "order_value_trend.h"
#include "tap.h"

int
main(void)
{
	/* an allocator that aligns to 8 bytes, and not to 16 by chance */
	static _Alignas(16) unsigned char memory[8 + 6 * sizeof(order_month)];
	order_month *months = (order_month *) (memory + 8);
	static _Alignas(8) unsigned char room[1024];
	purchase_log *log = (purchase_log *) room;
	purchase_packing plan;
	purchase_view view;
	uint8_t		packed[256];
	const char *text = "{2024-01-10 40.00, 2024-02-05 60.00 x2, 2024-03-20 20.00, 2024-04-02 10.00}";
	size_t		where;
	double		slope;

	ok(purchase_digest_from_text(text, strlen(text), log, 4, &where) == LOYALTY_OK, "a digest of four months");
	purchase_digest_plan(log, &plan);
	purchase_digest_pack(log, &plan, packed);
	ok(purchase_view_open(packed, plan.size, &view) == LOYALTY_OK, "opened");
	/* 2024-04-30 */
	order_value_months(&view, order_value_last_month(8886), 4, months);
	ok(months[0].net == 40 && months[1].orders == 2 && months[3].net == 10, "months are summed");
	ok(order_value_slope(months, 4, view.scale, &slope), "a slope");
	near(slope, -10, 1e-14, "falling by 10 a month");
	ok(order_value_falling(months, 4) == 1, "and falling");
	order_value_months(&view, order_value_last_month(8885), 4, months);
	ok(order_value_falling(months, 4) == -1, "a day before its end April does not count, and December was empty");

	/* the largest averages there are do not overflow when they are compared */
	months[0] = (order_month) {(decimal_wide) INT64_MAX * 31, INT64_C(31) * INT32_MAX};
	months[1] = (order_month) {(decimal_wide) INT64_MAX * 31, 1};
	ok(order_value_falling(months, 2) == 0, "from little to much");
	months[2] = months[0];
	ok(order_value_falling(months + 1, 2) == 1, "from much to little");
	return done();
}
