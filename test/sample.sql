/*
 * sample.sql: the project's built-in sample, a small delicatessen over three years.
 *
 * Makes in the current schema
 *     orders(customer_id int, ordered_at timestamp, category text, amount numeric(10,2))
 * with 5,000 customers and some 40,000 rows from 2023-01-01 to 2025-12-31.
 * Nothing in it is real, and it comes out the same on every machine and every
 * PostgreSQL version: what looks like chance is a hash of the customer's number.
 * Demo, documentation and tests stand on it: whoever changes a constant here
 * changes printed answers there.
 *
 * Who is in it (a customer belongs to one kind):
 *     35 %   bought once and never came back
 *     54 %   ordinary: each with a purchase rate of its own (gamma-spread), each
 *            purchase possibly the last
 *      7 %   regulars: bought every 18 to 50 days; every third fell silent late in 2025
 *      2 %   wide buyers: four to six categories at each visit; one in three
 *            stopped one category in autumn 2025 and kept buying the others
 *      2 %   faders: buy every week or two, but for less each month since mid 2025
 * Customers arrive all along, order values are lognormal (80/20), some days have
 * several orders, and three orders in a hundred come back later as a return: a
 * negative amount, whole or half.
 */

CREATE TABLE orders (
	customer_id int NOT NULL,
	ordered_at timestamp NOT NULL,
	category text NOT NULL,
	amount numeric(10, 2) NOT NULL
);

-- chance: 21 numbers between 0 and 1, both excluded, in each hash; this reads one
CREATE FUNCTION pg_temp.draw(hash bytea, nr int) RETURNS float8
	LANGUAGE sql IMMUTABLE
	AS $$ SELECT (get_byte(hash, 3 * nr) * 65536 + get_byte(hash, 3 * nr + 1) * 256 + get_byte(hash, 3 * nr + 2) + 0.5) / 16777216.0::float8 $$;

CREATE FUNCTION pg_temp.sample_orders() RETURNS SETOF orders
	LANGUAGE plpgsql
	AS $$
DECLARE
	customers constant int := 5000;
	opening constant date := '2023-01-01';
	closing constant date := '2025-12-31';
	ranges constant text[] := '{coffee,cheese,wine,bakery,chocolate,tea}';

	-- of a customer
	h bytea;
	kind text;
	arrival date;
	mean_gap float8;			-- days between visits ...
	spread float8;				-- ... which vary by this fraction; NULL: without memory
	leaving float8 := 0;		-- chance that a visit is the last
	silent_from date;			-- no visit from here on
	level float8;				-- typical order value ...
	noise float8;				-- ... and standard deviation of its logarithm
	favourite int;				-- category bought most
	breadth int;				-- categories at each visit
	stopped int;				-- the one no longer bought ...
	stopped_from date;			-- ... from here on

	-- of a visit
	v bytea;
	visit int;
	clock float8;				-- days since arrival
	today date;
	baskets int;

	-- of an order
	b bytea;
	o orders;
BEGIN
	FOR c IN 1..customers LOOP
		h := sha512(('customer ' || c)::bytea);
		kind := CASE WHEN pg_temp.draw(h, 0) < 0.35 THEN 'once'
					 WHEN pg_temp.draw(h, 0) < 0.89 THEN 'ordinary'
					 WHEN pg_temp.draw(h, 0) < 0.96 THEN 'regular'
					 WHEN pg_temp.draw(h, 0) < 0.98 THEN 'wide'
					 ELSE 'fader' END;
		arrival := opening + floor((closing - opening + 1) * pg_temp.draw(h, 1)
			* CASE WHEN kind IN ('once', 'ordinary') THEN 1 ELSE 0.75 END)::int;
		level := 28 * exp(0.8 * sqrt(-2 * ln(pg_temp.draw(h, 2))) * cos(2 * pi() * pg_temp.draw(h, 3)));
		noise := 0.4;
		favourite := floor(6 * pg_temp.draw(h, 4));
		breadth := 1;
		spread := 0.4;
		leaving := 0;
		silent_from := closing + 1;
		stopped_from := closing + 1;
		CASE kind
			WHEN 'once' THEN
				leaving := 1;
			WHEN 'ordinary' THEN
				leaving := 0.24 * pg_temp.draw(h, 5);
				mean_gap := 70 / -ln(pg_temp.draw(h, 6) * pg_temp.draw(h, 7));
				spread := NULL;
			WHEN 'regular' THEN
				mean_gap := 18 + 32 * pg_temp.draw(h, 6);
				IF pg_temp.draw(h, 8) < 0.33 THEN
					silent_from := closing - (20 + floor(100 * pg_temp.draw(h, 9)))::int;
				END IF;
			WHEN 'wide' THEN
				mean_gap := 28 + 12 * pg_temp.draw(h, 6);
				level := 0.5 * level;
				breadth := 4 + floor(3 * pg_temp.draw(h, 7));
				IF pg_temp.draw(h, 8) < 0.33 THEN
					stopped_from := closing - (90 + floor(70 * pg_temp.draw(h, 9)))::int;
					stopped := floor(breadth * pg_temp.draw(h, 10));
				END IF;
			WHEN 'fader' THEN
				mean_gap := 8 + 7 * pg_temp.draw(h, 6);
				noise := 0.1;
		END CASE;

		clock := 0;
		visit := 0;
		LOOP
			visit := visit + 1;
			today := arrival + floor(clock)::int;
			EXIT WHEN today > closing OR (today >= silent_from AND visit > 1);
			v := sha512(('visit ' || c || ' ' || visit)::bytea);
			baskets := CASE WHEN breadth > 1 THEN breadth WHEN pg_temp.draw(v, 0) < 0.05 THEN 2 ELSE 1 END;

			FOR basket IN 0..baskets - 1 LOOP
				b := sha512(('order ' || c || ' ' || visit || ' ' || basket)::bytea);
				-- a wide buyer leaves out a category now and then
				CONTINUE WHEN breadth > 1 AND (pg_temp.draw(b, 0) < 0.1 OR (basket = stopped AND today >= stopped_from));

				o.customer_id := c;
				o.ordered_at := today + make_interval(mins => 480 + floor(720 * pg_temp.draw(b, 1))::int);
				o.category := ranges[1 + (CASE
					WHEN breadth > 1 THEN favourite + basket
					WHEN pg_temp.draw(b, 2) < 0.6 THEN favourite
					ELSE floor(6 * pg_temp.draw(b, 3)) END)::int % 6];
				o.amount := greatest(1.5, level
					* exp(noise * sqrt(-2 * ln(pg_temp.draw(b, 4))) * cos(2 * pi() * pg_temp.draw(b, 5)))
					* CASE WHEN kind = 'fader' AND today >= '2025-07-01'
						   THEN 0.8 ^ (extract(month FROM today) - 6) ELSE 1 END);
				RETURN NEXT o;

				IF pg_temp.draw(b, 6) < 0.03 THEN
					o.amount := - o.amount / CASE WHEN pg_temp.draw(b, 7) < 0.7 THEN 1 ELSE 2 END;
					o.ordered_at := o.ordered_at + make_interval(days => 2 + floor(19 * pg_temp.draw(b, 8))::int);
					IF o.ordered_at < closing + 1 THEN
						RETURN NEXT o;
					END IF;
				END IF;
			END LOOP;

			EXIT WHEN pg_temp.draw(v, 1) < leaving;
			clock := clock + greatest(1, mean_gap
				* coalesce(1 + spread * (2 * pg_temp.draw(v, 2) - 1), -ln(pg_temp.draw(v, 2))));
		END LOOP;
	END LOOP;
END
$$;

INSERT INTO orders
	SELECT * FROM pg_temp.sample_orders() ORDER BY ordered_at, customer_id, category, amount;

DROP FUNCTION pg_temp.sample_orders();
DROP FUNCTION pg_temp.draw(bytea, int);

COMMENT ON TABLE orders IS
	'sample of loyalty: a small shop''s orders over three years, made by test/sample.sql; a negative amount is a return';

ANALYZE orders;
