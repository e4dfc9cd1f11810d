//! `ad-edge doctor`: one line for each thing that was looked at, with what mends it.

use std::{path::Path, process::ExitCode};

use crate::{
    app::{DoctorLevel, Settings, examine},
    clock::Clock,
};

pub(super) fn run(home: &Path, json: bool) -> ExitCode {
    let settings = Settings::of_process(home);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ad-edge: no threads can be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let findings = runtime.block_on(examine(&settings, &Clock::system()));
    if json {
        match serde_json::to_string_pretty(&findings) {
            Ok(text) => println!("{text}"),
            Err(error) => eprintln!("ad-edge: {error}"),
        }
    } else {
        for finding in &findings {
            println!(
                "{:<4}  {:<8}  {}",
                finding.level.label(),
                finding.area,
                finding.text
            );
            if let Some(fix) = &finding.fix {
                println!("                fix: {fix}");
            }
        }
        let count = |level| {
            findings
                .iter()
                .filter(|finding| finding.level == level)
                .count()
        };
        println!(
            "\n{} ok, {} to look at, {} to mend",
            count(DoctorLevel::Ok),
            count(DoctorLevel::Warn),
            count(DoctorLevel::Fail)
        );
    }
    if findings
        .iter()
        .any(|finding| finding.level == DoctorLevel::Fail)
    {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
