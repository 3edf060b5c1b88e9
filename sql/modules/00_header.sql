/* loyalty: installed by CREATE EXTENSION, joined from sql/modules by make */

-- complain if script is sourced in psql rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION loyalty" to load this file. \quit
